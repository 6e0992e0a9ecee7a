"""A stretch of a clip → one vector, and who makes it.

    pose_statistics     of landmarks, by a formula of ours: always here
    motionbert-lite     of landmarks, by MotionBERT-Lite: 512 numbers
    videomae-kinetics   of pictures, by VideoMAE: as many numbers as the network has
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.biomechanics.lifting.lifter import WIDTH, MotionLifter
from mlops.ml.biomechanics.lifting.windows import MAX_FRAMES
from mlops.ml.contract import BadValue, NotEnoughData
from mlops.ml.parts.store import PartMissing
from mlops.ml.vision.movement.landmark_file import Landmarks
from mlops.ml.vision.movement.pose_statistics import NAMES, pose_statistics

STATISTICS, MOTIONBERT = "pose_statistics", "motionbert-lite"
OF_LANDMARKS = (STATISTICS, MOTIONBERT)
OF_PICTURES = ("videomae-kinetics", "video-swin")
Vector = npt.NDArray[np.float32]
Ask = Callable[[list[Any]], list[Any]]
"""What answers for MotionBERT: a component's `answer`, or that of the models server."""


def vector_names(by: str) -> tuple[str, ...]:
    """Names of the numbers of a vector of landmarks. Raises BadValue."""
    if by == STATISTICS:
        return NAMES
    if by == MOTIONBERT:
        return tuple(f"motion {number}" for number in range(WIDTH))
    raise BadValue(f"landmarks are embedded by one of {', '.join(OF_LANDMARKS)}, not by {by}")


def embed(clips: Sequence[Landmarks], by: str, ask: Ask | None = None) -> list[Vector | None]:
    """A vector for each stretch, None where nobody is seen in it.

    ask  for MotionBERT: who answers; by default a component in this process
    Raises BadValue; PartMissing where MotionBERT is asked and has no weights: its message says what to use instead.
    """
    vector_names(by)
    if by == STATISTICS:
        return [pose_statistics(clip) for clip in clips]
    asked = [(number, _request(clip)) for number, clip in enumerate(clips) if _is_seen(clip)]
    found: list[Vector | None] = [None] * len(clips)
    try:
        answers = (ask or MotionLifter().answer)([request for _, request in asked]) if asked else []
    except PartMissing as error:
        raise PartMissing(error.part, error.n_bytes, f"{error.remedy} {STATISTICS} needs no weights.") from error
    except NotEnoughData:
        return found
    for (number, _), answer in zip(asked, answers, strict=True):
        found[number] = np.asarray(answer["embedding"], np.float32)
    return found


def _request(clip: Landmarks) -> dict[str, Any]:
    n = len(clip.t)
    which = np.arange(n) if n <= MAX_FRAMES else np.linspace(0, n - 1, MAX_FRAMES).round().astype(int)
    points = clip.points[which]
    return {
        "points": np.nan_to_num(points), "scores": np.where(np.isfinite(points).all(-1), clip.scores[which], 0.0),
        "keypoint_set": "mediapipe33", "give": "embedding",
    }  # fmt: skip


def _is_seen(clip: Landmarks) -> bool:
    return pose_statistics(clip) is not None
