"""What a stream was answered, small enough to be kept for a quarter of an hour and a thousand streams."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

from mlops.ml.decision import Decision, Reason
from sessions.live.services.model import DIGITS, LiveModel

MAX_REMEMBERED = 900
_SAME_S = 1e-6
_REASONS: tuple[Reason, ...] = get_args(Reason)


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """What was decided about one window, by which version of which task's models."""

    decision: Decision
    labels: tuple[str, ...]
    """All that the model could have named."""
    silent: frozenset[str]
    """Those of them that mean none of these."""
    start_s: float
    end_s: float
    model: str
    version: int


class AnswerLog:
    """The last answers: a start, the class, its probability and the reason each, 15 bytes instead of a message."""

    __slots__ = ("_parts", "n")

    def __init__(self) -> None:
        self._parts: list[tuple[LiveModel, array[float], array[int], array[float], array[int]]] = []
        self.n = 0

    def add(self, model: LiveModel, start_s: float, decision: Decision) -> None:
        """Remember one answer; far beyond the limit the oldest go."""
        if not self._parts or self._parts[-1][0] is not model:
            self._parts.append((model, array("d"), array("H"), array("f"), array("B")))
        _, starts, classes, confidences, reasons = self._parts[-1]
        starts.append(start_s)
        classes.append(model.labels.index(decision.label))
        confidences.append(decision.confidence)
        reasons.append(_REASONS.index(decision.reason))
        self.n += 1
        if self.n > MAX_REMEMBERED:
            self._forget(MAX_REMEMBERED // 10)

    def find(self, start_s: float, end_s: float) -> GivenAnswer | None:
        """What was answered for exactly this window."""
        for model, starts, classes, confidences, reasons in reversed(self._parts):
            if abs(end_s - start_s - model.spec.duration_s) > 2 * _SAME_S:
                continue
            for n in range(len(starts) - 1, -1, -1):
                if abs(starts[n] - start_s) <= _SAME_S:
                    label, confidence = model.labels[classes[n]], round(confidences[n], DIGITS)
                    return GivenAnswer(
                        Decision(label, confidence, _REASONS[reasons[n]]), model.labels, model.decider.silent,
                        round(starts[n], 6), round(starts[n] + model.spec.duration_s, 6), model.task, model.number,
                    )
        return None

    def _forget(self, n: int) -> None:
        while n > 0 and self._parts:
            _, starts, classes, confidences, reasons = self._parts[0]
            gone = min(n, len(starts))
            del starts[:gone], classes[:gone], confidences[:gone], reasons[:gone]
            if not starts:
                del self._parts[0]
            self.n -= gone
            n -= gone


def answer_json(
    model: LiveModel, start_s: float, probabilities: Sequence[float], decision: Decision
) -> dict[str, Any]:
    """What a program is told about one window: class, probabilities, times, model.

    `exercise` and `confidence` are the best class also when it is withheld; `abstained` and `reason` say so.
    """
    return {
        "exercise": decision.label,
        "confidence": decision.confidence,
        "probabilities": dict(zip(model.labels, probabilities, strict=True)),
        "abstained": decision.abstained,
        "reason": decision.reason,
        "start_s": round(start_s, 6),
        "end_s": round(start_s + model.spec.duration_s, 6),
        "model": model.task,
        "version": model.number,
    }
