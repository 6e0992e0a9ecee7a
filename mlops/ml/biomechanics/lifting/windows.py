"""Points of a whole clip → what MotionBERT takes, and its answers for windows → one answer for the clip."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import BadShape, NotEnoughData
from mlops.ml.vision.pose2d.keypoints import SETS, convert

Floats = npt.NDArray[np.float64]
MAX_FRAMES = 243
OVERLAP = 81
"""Frames that neighbouring windows share: a third, over which one fades into the other."""
JOINTS = SETS["h36m17"]
_OTHER_SIDE = {"left": "right", "right": "left"}
MIRRORED = [
    JOINTS.index("_".join([_OTHER_SIDE.get(word, word) for word in name.split("_")])) for name in JOINTS
]  # fmt: skip
"""Where each joint is in a mirror."""


@dataclass(frozen=True)
class Motion:
    """Points as MotionBERT takes them.

    input   (frames, 17, 3) x and y in −1 … 1, confidence; zeros where a point is unknown
    middle  (2,) what was the middle of the square around all points
    half    half of its side, in the units of what was given
    """

    input: npt.NDArray[np.float32]
    middle: Floats
    half: float


def motion_of(points: npt.NDArray[np.floating], scores: npt.NDArray[np.floating], keypoint_set: str) -> Motion:
    """From points (frames, n, 2), in pixels or any other unit that is the same along both axes, and scores (frames, n).

    The square around everything that is seen in the clip becomes −1 … 1, so that size and place do not matter.
    Raises BadShape, BadValue, NotEnoughData where nothing is seen.
    """
    points, scores = np.asarray(points, np.float64), np.asarray(scores, np.float64)
    if points.ndim != 3 or points.shape[2] != 2:
        raise BadShape(f"points are (frames, n, 2), not {points.shape}")
    joints, sure = convert(points, scores, keypoint_set, "h36m17")
    seen = np.isfinite(joints).all(-1) & (sure > 0)
    if not seen.any():
        raise NotEnoughData("nobody is seen in these frames")
    low, high = joints[seen].min(0), joints[seen].max(0)
    middle, half = (low + high) / 2, float(max((high - low).max() / 2, 1e-9))
    values = np.zeros((*joints.shape[:2], 3), np.float32)
    values[..., :2][seen] = ((joints[seen] - middle) / half).clip(-1, 1)
    values[..., 2][seen] = sure[seen].clip(0, 1)
    return Motion(values, middle, half)


def mirrored(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """(…, 17, 3) with left and right exchanged."""
    found = values[..., MIRRORED, :].copy()
    found[..., 0] *= -1
    return found


def window_starts(n_frames: int) -> list[int]:
    """Where windows of 243 frames begin; the last one ends with the clip. One window where the clip is shorter."""
    if n_frames <= MAX_FRAMES:
        return [0]
    return [*range(0, n_frames - MAX_FRAMES, MAX_FRAMES - OVERLAP), n_frames - MAX_FRAMES]


def blended(pieces: list[npt.NDArray[np.float32]], starts: list[int], n_frames: int) -> npt.NDArray[np.float32]:
    """(frames, …) of windows; where they overlap one fades into the next."""
    out = np.zeros((n_frames, *pieces[0].shape[1:]), np.float64)
    total = np.zeros(n_frames)
    for piece, start in zip(pieces, starts, strict=True):
        n = len(piece)
        ramp = np.arange(1, n + 1, dtype=np.float64)
        weight = np.minimum(np.minimum(ramp, ramp[::-1]), OVERLAP)
        out[start : start + n] += piece * weight.reshape(-1, *[1] * (piece.ndim - 1))
        total[start : start + n] += weight
    found: npt.NDArray[np.float32] = (out / total.reshape(-1, *[1] * (out.ndim - 1))).astype(np.float32)
    return found
