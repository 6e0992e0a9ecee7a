"""One camera's poses answered as they come: windows, scores, smoothing, a caption. Nothing of it is kept."""

import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.vision.task_live import LiveTask, LiveWindow
from mlops.ml.vision.task_smoothing import Smoother
from mlops.ml.vision.video.kinematics import joint_angles
from sessions.video.services.captions import body_caption
from sessions.video.services.task_models import TaskModel

CAPTION_EVERY_S = 0.5
MOST_AT_ONCE = 8
"""Windows of one message that are scored; of more, the oldest are left out and counted."""
_DIGITS = 4


@dataclass
class LiveAnswers:
    """model None: captions alone. Raises BadValue for a model that looks too far back."""

    model: TaskModel | None
    smoothing: str
    size: tuple[int, int]
    n_skipped: int = 0
    _task: LiveTask | None = field(init=False, default=None)
    _said_at: float = field(init=False, default=-np.inf)

    def __post_init__(self) -> None:
        self._smoother = Smoother(self.smoothing)
        if self.model is not None:
            self._task = LiveTask(self.model.plan, self.model.scorer.spec, self.size)

    def take(self, t_s: npt.NDArray[np.float64], pose: npt.NDArray[np.float32]) -> list[tuple[str, dict[str, Any]]]:
        """(event, data) of what there is to say after these frames."""
        began = time.perf_counter()
        said: list[tuple[str, dict[str, Any]]] = []
        now = float(t_s[-1])
        if now < self._said_at or now - self._said_at >= CAPTION_EVERY_S:
            self._said_at = now
            angles = {name: float(values[0]) for name, values in joint_angles(pose[-1:], self.size).items()}
            said.append(("caption", {"t": round(now, 3), "caption": body_caption(angles)}))
        windows = self._task.add(t_s, pose) if self._task is not None else []
        self.n_skipped += max(0, len(windows) - MOST_AT_ONCE)
        said += [("answer", self._answer(one)) for one in windows[-MOST_AT_ONCE:]]
        took_ms = round(1000 * (time.perf_counter() - began), 2)
        return [(event, {**data, "took_ms": took_ms}) for event, data in said]

    def _answer(self, window: LiveWindow) -> dict[str, Any]:
        """The best label also where it is withheld; `reason` says why, "nobody" where too little was in view."""
        assert self.model is not None
        end_s = window.start_s + self.model.scorer.spec.duration_s
        told: dict[str, Any] = {"start_s": round(window.start_s, 4), "end_s": round(end_s, 4)}
        told["skipped"] = self.n_skipped
        if not window.is_seen:
            self._smoother.forget()
            return {**told, "label": None, "confidence": None, "abstained": True, "reason": "nobody", "scores": {}}
        scores = self._smoother.push(self.model.scores(window.x[None])[0])
        decision = self.model.decide(scores, window.x)
        return {
            **told, "label": decision.label, "confidence": round(decision.confidence, _DIGITS),
            "abstained": decision.abstained, "reason": decision.reason,
            "scores": {
                label: round(float(score), _DIGITS)
                for label, score in zip(self.model.scorer.labels, scores, strict=True)
            },
        }  # fmt: skip


def answers_open(model: TaskModel | None, smoothing: str, size: tuple[int, int]) -> LiveAnswers:
    """Ready to answer without delay: what is slow to load is loaded. Raises BadValue."""
    if model is not None:
        import pyarrow  # noqa: F401  features are made with it

        model.scores(np.zeros((1, *model.scorer.window_shape), np.float32))
    return LiveAnswers(model, smoothing, size)
