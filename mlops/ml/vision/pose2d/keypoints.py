"""Sets of points of a body, and one table of how a point of one set comes from points of another.

    coco17         17 points of COCO (YOLO-pose)
    mediapipe33    33 landmarks of MediaPipe BlazePose
    wholebody133   133 points of COCO-WholeBody (RTMPose): body, feet, face, hands
    h36m17         17 points in the order of Human3.6M (MotionBERT)

A point that both sets name is taken as it is. `MEANS` gives the others as the mean of points that the source has. What
neither gives is unknown: NaN, with a score of 0. `unmapped` lists them.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import BadShape, BadValue
from mlops.ml.vision.coco_keypoints import NAMES as COCO
from mlops.ml.vision.pose import LANDMARKS

Floats = npt.NDArray[np.float64]
_FINGERS = ("thumb", "index", "middle", "ring", "pinky")
_FEET = tuple(f"{side}_{part}" for side in ("left", "right") for part in ("big_toe", "small_toe", "heel"))
_FACE = tuple(f"face_{number}" for number in range(68))
_HANDS = tuple(
    name
    for side in ("left", "right")
    for name in (f"{side}_hand", *(f"{side}_{finger}_{joint}" for finger in _FINGERS for joint in range(1, 5)))
)
H36M = (
    "root", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle", "belly", "neck", "nose",
    "head", "left_shoulder", "left_elbow", "left_wrist", "right_shoulder", "right_elbow", "right_wrist",
)  # fmt: skip
SETS: dict[str, tuple[str, ...]] = {
    "coco17": COCO,
    "mediapipe33": LANDMARKS,
    "wholebody133": (*COCO, *_FEET, *_FACE, *_HANDS),
    "h36m17": H36M,
}
"""Names of the points of each set, in its order. Left and right are the person's own."""
_FACE_OF_MEDIAPIPE = {
    "right_eye_outer": 36, "right_eye_inner": 39, "left_eye_inner": 42, "left_eye_outer": 45,
    "mouth_right": 48, "mouth_left": 54,
}  # fmt: skip
"""Corners of eyes and mouth among the 68 points of a face (iBUG 300-W)."""

MEANS: dict[str, tuple[tuple[str, ...], ...]] = {
    "root": (("left_hip", "right_hip"),),
    "neck": (("left_shoulder", "right_shoulder"),),
    "belly": (("left_hip", "right_hip", "left_shoulder", "right_shoulder"),),
    "head": (("left_eye", "right_eye"),),
    **{name: ((f"face_{number}",),) for name, number in _FACE_OF_MEDIAPIPE.items()},
    **{f"face_{number}": ((name,),) for name, number in _FACE_OF_MEDIAPIPE.items()},
    **{f"{s}_foot_index": ((f"{s}_big_toe", f"{s}_small_toe"),) for s in ("left", "right")},
    **{f"{s}_{finger}": ((f"{s}_{finger}_1",),) for s in ("left", "right") for finger in ("pinky", "index")},
    **{f"{s}_{finger}_1": ((f"{s}_{finger}",),) for s in ("left", "right") for finger in ("pinky", "index")},
    **{f"{s}_thumb": ((f"{s}_thumb_3",),) for s in ("left", "right")},
    **{f"{s}_thumb_3": ((f"{s}_thumb",),) for s in ("left", "right")},
    **{f"{s}_hand": ((f"{s}_wrist",),) for s in ("left", "right")},
}
"""Point → of which others it is the mean, in order of preference. Head and belly stand in for points of H36M that lie
a little elsewhere, as MotionBERT's own preparation has them."""


def point_names(name: str) -> tuple[str, ...]:
    """The points of a set. Raises BadValue."""
    try:
        return SETS[name]
    except KeyError:
        raise BadValue(f"there are no keypoints {name!r}; known are {', '.join(SETS)}") from None


@cache
def mapping(source: str, target: str) -> tuple[tuple[int, ...], ...]:
    """For each point of `target`, of which points of `source` it is the mean; () where it is unknown."""
    known = {point: number for number, point in enumerate(point_names(source))}
    found = []
    for point in point_names(target):
        recipes = ((point,), *MEANS.get(point, ()))
        usable = next((recipe for recipe in recipes if all(one in known for one in recipe)), ())
        found.append(tuple(known[one] for one in usable))
    return tuple(found)


def unmapped(source: str, target: str) -> tuple[str, ...]:
    """Points of `target` that cannot come from `source`."""
    pairs = zip(point_names(target), mapping(source, target), strict=True)
    return tuple(point for point, of in pairs if not of)


def convert(
    points: npt.NDArray[np.floating], scores: npt.NDArray[np.floating], source: str, target: str
) -> tuple[Floats, Floats]:
    """Points (…, n, dimensions) and scores (…, n) of one set as those of another.

    A mean has the least score of its points. Unknown points are NaN with a score of 0. Raises BadShape, BadValue.
    """
    points, scores = np.asarray(points, np.float64), np.asarray(scores, np.float64)
    n = len(point_names(source))
    if points.ndim < 2 or points.shape[-2] != n or scores.shape != points.shape[:-1]:
        raise BadShape(f"{source} has {n} points; {points.shape} and scores of {scores.shape} do not fit")
    table = mapping(source, target)
    out = np.full((*points.shape[:-2], len(table), points.shape[-1]), np.nan)
    sure = np.zeros(out.shape[:-1])
    for number, of in enumerate(table):
        if of:
            out[..., number, :] = points[..., list(of), :].mean(-2)
            sure[..., number] = scores[..., list(of)].min(-1)
    sure[~np.isfinite(out).all(-1)] = 0.0
    return out, sure
