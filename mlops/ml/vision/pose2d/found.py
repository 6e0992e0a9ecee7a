"""What every network of poses answers, whichever it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.vision.pose2d.keypoints import convert, point_names

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Pose2D:
    """The person who stands out most in a picture, or nobody (`is_found`).

    keypoints     (n, 2) pixels from left and top; NaN for what is unknown
    scores        (n,) from 0 to 1, how sure each is
    box           (4,) left, top, right, bottom in pixels
    score         of the person
    by            name of what answered, e.g. "yolov8s-pose"
    keypoint_set  which points these are, see `keypoints`
    size          width and height of the picture that was looked at
    device        "cpu" or "cuda"
    others        further people, the same way, the one who stands out most first
    skipped       (name, why) of what was asked before and could not answer
    """

    keypoints: Floats
    scores: Floats
    box: Floats
    score: float
    by: str
    keypoint_set: str
    size: tuple[int, int]
    device: str = "cpu"
    others: tuple[Pose2D, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()

    @property
    def is_found(self) -> bool:
        return bool(np.isfinite(self.box).all())

    def as_set(self, name: str) -> Pose2D:
        """The same as other points, e.g. "h36m17". Raises BadValue."""
        points, scores = convert(self.keypoints, self.scores, self.keypoint_set, name)
        others = tuple(one.as_set(name) for one in self.others)
        return replace(self, keypoints=points, scores=scores, keypoint_set=name, others=others)

    def to_json(self) -> dict[str, Any]:
        """JSON-ready: null for what is unknown; how people and reports are told which network answered."""
        return {
            "by": self.by, "keypoint_set": self.keypoint_set, "device": self.device, "score": round(self.score, 4),
            "size": list(self.size), "box": _plain(self.box), "keypoints": _plain(self.keypoints),
            "scores": _plain(self.scores), "others": [one.to_json() for one in self.others],
            "skipped": [{"name": name, "why": why} for name, why in self.skipped],
        }  # fmt: skip


def nobody(by: str, keypoint_set: str, size: tuple[int, int], device: str = "cpu") -> Pose2D:
    """The answer where nobody is found."""
    n = len(point_names(keypoint_set))
    return Pose2D(
        np.full((n, 2), np.nan), np.zeros(n), np.full(4, np.nan), 0.0, by, keypoint_set, size, device
    )  # fmt: skip


def most_prominent(people: Sequence[Pose2D]) -> Pose2D:
    """One answer of all people in a picture: who is large and sure first, the others behind."""
    ordered = sorted(people, key=lambda one: -one.score * _area(one.box))
    return replace(ordered[0], others=tuple(ordered[1:]))


def box_of(points: Floats, scores: Floats, least: float) -> Floats | None:
    """(4,) around the points that are sure enough; None for fewer than three."""
    sure = (scores >= least) & np.isfinite(points).all(1)
    if sure.sum() < 3:
        return None
    return np.concatenate([points[sure].min(0), points[sure].max(0)])


def _area(box: Floats) -> float:
    return float(max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1]))


def _plain(values: Floats) -> Any:
    rounded = np.round(values, 4).astype(object)
    rounded[~np.isfinite(values)] = None
    return rounded.tolist()
