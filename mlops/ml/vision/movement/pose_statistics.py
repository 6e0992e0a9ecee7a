"""The plain baseline of movement embeddings: statistics of a body's points and angles in a stretch of a clip."""

from __future__ import annotations

import warnings

import numpy as np
import numpy.typing as npt

from mlops.ml.vision.movement.landmark_file import Floats, Landmarks
from mlops.ml.vision.pose2d.keypoints import SETS, convert

COCO = SETS["coco17"]
POINTS = tuple(name for name in COCO if name == "nose" or not name.endswith(("eye", "ear")))
ANGLES = {
    "elbow": ("shoulder", "elbow", "wrist"), "shoulder": ("hip", "shoulder", "elbow"),
    "hip": ("shoulder", "hip", "knee"), "knee": ("hip", "knee", "ankle"),
}  # fmt: skip
SIDES = ("left", "right")
SERIES = (
    *(f"{name}_{axis}" for name in POINTS for axis in "xy"),
    *(f"{side}_{joint}_angle" for joint in ANGLES for side in SIDES),
)
STATISTICS = ("mean", "std", "min", "max", "pace")
NAMES = tuple(f"{series} {statistic}" for statistic in STATISTICS for series in SERIES)
LEAST_SEEN = 0.2
LEAST_FRAMES = 3


def pose_statistics(clip: Landmarks) -> npt.NDArray[np.float32] | None:
    """(170,) in the order of `NAMES`, NaN for what is unknown; None where hardly anybody is seen.

    Points are measured from the middle of the hips in lengths of the torso (its median), angles in half turns; pace is
    the mean change a second.
    """
    series = body_series(clip)
    if series is None:
        return None
    steps = np.diff(clip.t)
    with warnings.catch_warnings(), np.errstate(invalid="ignore", divide="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)  # all of a series unknown
        pace = np.nanmean(np.abs(np.diff(series, axis=0)) / np.where(steps > 0, steps, np.nan)[:, None], 0)
        found = [np.nanmean(series, 0), np.nanstd(series, 0), np.nanmin(series, 0), np.nanmax(series, 0), pace]
    return np.concatenate(found).astype(np.float32)


def body_series(clip: Landmarks) -> Floats | None:
    """(frames, 34) points and angles of each frame in the order of `SERIES`."""
    points, scores = convert(clip.points, clip.scores, "mediapipe33", "coco17")
    points[scores < LEAST_SEEN] = np.nan
    at = {name: points[:, number] for number, name in enumerate(COCO)}
    hips = (at["left_hip"] + at["right_hip"]) / 2
    torso = np.linalg.norm((at["left_shoulder"] + at["right_shoulder"]) / 2 - hips, axis=1)
    seen = np.isfinite(torso) & (torso > 1e-6)
    if seen.sum() < LEAST_FRAMES:
        return None
    length = float(np.median(torso[seen]))
    columns = [(at[name] - hips) / length for name in POINTS]
    angles = [
        _angle(*(at[f"{side}_{part}"] for part in parts))[:, None] for parts in ANGLES.values() for side in SIDES
    ]
    return np.concatenate([*columns, *angles], axis=1)


def _angle(a: Floats, b: Floats, c: Floats) -> Floats:
    """(n,) at b, in half turns: 1 is straight."""
    one, two = a - b, c - b
    with np.errstate(invalid="ignore"):
        cosine = (one * two).sum(1) / np.maximum(np.linalg.norm(one, axis=1) * np.linalg.norm(two, axis=1), 1e-9)
        return np.asarray(np.arccos(np.clip(cosine, -1, 1)) / np.pi)
