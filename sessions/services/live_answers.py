"""What a stream was answered, small enough to be kept for a quarter of an hour and a thousand streams."""

from array import array
from collections.abc import Sequence
from typing import Any

from sessions.services.live_models import LiveModel

MAX_REMEMBERED = 900
_SAME_S = 1e-6


class AnswerLog:
    """The last answers: a start, the class and its probability each, 14 bytes instead of a message."""

    __slots__ = ("_parts", "n")

    def __init__(self) -> None:
        self._parts: list[tuple[LiveModel, array[float], array[int], array[float]]] = []
        self.n = 0

    def add(self, model: LiveModel, start_s: float, exercise: str, confidence: float) -> None:
        """Remember one answer; far beyond the limit the oldest go."""
        if not self._parts or self._parts[-1][0] is not model:
            self._parts.append((model, array("d"), array("H"), array("f")))
        _, starts, classes, confidences = self._parts[-1]
        starts.append(start_s)
        classes.append(model.labels.index(exercise))
        confidences.append(confidence)
        self.n += 1
        if self.n > MAX_REMEMBERED:
            self._forget(MAX_REMEMBERED // 10)

    def find(self, start_s: float, end_s: float) -> dict[str, Any] | None:
        """What was answered for exactly this window: `exercise`, `confidence`, the model and all its `labels`."""
        for model, starts, classes, confidences in reversed(self._parts):
            if abs(end_s - start_s - model.spec.duration_s) > 2 * _SAME_S:
                continue
            for n in range(len(starts) - 1, -1, -1):
                if abs(starts[n] - start_s) <= _SAME_S:
                    return {
                        "exercise": model.labels[classes[n]], "confidence": round(confidences[n], 6),
                        "labels": model.labels, "start_s": round(starts[n], 6),
                        "end_s": round(starts[n] + model.spec.duration_s, 6),
                        "model": model.task, "version": model.number,
                    }
        return None

    def _forget(self, n: int) -> None:
        while n > 0 and self._parts:
            _, starts, classes, confidences = self._parts[0]
            gone = min(n, len(starts))
            del starts[:gone], classes[:gone], confidences[:gone]
            if not starts:
                del self._parts[0]
            self.n -= gone
            n -= gone


def answer_json(model: LiveModel, start_s: float, scores: Sequence[float]) -> dict[str, Any]:
    """What a program is told about one window: class, probabilities, times, model.

    scores  a row of `LiveModel.score`: the probabilities, then 1 where the window is like what was learned from
    """
    probabilities = [round(float(p), 6) for p in scores[: len(model.labels)]]
    confidence = max(probabilities)
    label = model.labels[probabilities.index(confidence)]
    is_known = len(scores) == len(model.labels) or scores[len(model.labels)] > 0
    return {
        "exercise": label,
        "confidence": confidence,
        "probabilities": dict(zip(model.labels, probabilities, strict=True)),
        "abstained": model.is_abstention(label, confidence) or not is_known,
        "start_s": round(start_s, 6),
        "end_s": round(start_s + model.spec.duration_s, 6),
        "model": model.task,
        "version": model.number,
    }
