"""Joint angles, positions and speeds of hands, distances to objects; all in the picture's own proportions.

Shares of width and height are not a space with angles: a right angle drawn in a portrait picture is none in shares.
So everything is computed in pixels. Lengths are in heights of the picture, so that they don't depend on its resolution.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mlops.ml.vision.pose import LANDMARKS

Floats = npt.NDArray[np.float64]
SIDES = ("right", "left")
ANGLES = {
    "elbow": ("shoulder", "elbow", "wrist"),
    "knee": ("hip", "knee", "ankle"),
    "hip": ("shoulder", "hip", "knee"),
    "shoulder": ("elbow", "shoulder", "hip"),
    "ankle": ("knee", "ankle", "foot_index"),
}
"""Each angle lies at the middle joint, between the lines to the two others."""
ANGLE_NAMES = tuple(f"{side}_{joint}_angle" for joint in ANGLES for side in SIDES)
MIN_VISIBILITY = 0.2
"""A joint that is less visible was guessed; what hangs on it is missing."""
TOLD_VISIBILITY = 0.5
FORESHORTENED_DEG = 30.0
"""How far the angle in the picture may be from the one in space to be told."""
LEAST_TOLD_DEG = 20.0
"""No joint of these folds further."""
_VISIBILITY = 3
_HAND = ("wrist", "index", "pinky")


def joint_angles(pose: npt.NDArray[np.float32], size: tuple[int, int]) -> dict[str, Floats]:
    """Degrees from 0 to 180 (straight) of every joint in `ANGLE_NAMES`, NaN where a joint is not visible.

    pose  (rows, 33, ≥ 4): x, y as shares of the picture, z, visibility; NaN where nobody is
    size  width and height in pixels
    """
    found = {}
    for joint, names in ANGLES.items():
        for side in SIDES:
            a, b, c = (_point(pose, f"{side}_{name}", size) for name in names)
            found[f"{side}_{joint}_angle"] = angle_deg(a, b, c)
    return found


def angles_to_tell(
    pose: npt.NDArray[np.float32], world: npt.NDArray[np.float32], size: tuple[int, int]
) -> dict[str, Floats]:
    """`joint_angles` that may be said in a sentence; NaN where the picture does not show how far a joint is bent.

    A limb that points at the camera is short in the picture, and its angle there says little: of an arm that holds a
    bar on the shoulders, upper arm and forearm lie on one line, 4° apart, while the elbow is bent to 65°. So an angle
    counts where its three joints are well visible, no body part is folded further than bodies can be, and the angle in
    the picture is near that of the estimate in space.

    world  (rows, 33, 3) metres from the middle of the hips
    """
    found = joint_angles(pose, size)
    for joint, names in ANGLES.items():
        for side in SIDES:
            numbers = [LANDMARKS.index(f"{side}_{name}") for name in names]
            in_space = _angle_in_space(*(world[:, number].astype(float) for number in numbers))
            angle = found[f"{side}_{joint}_angle"]
            with np.errstate(invalid="ignore"):
                is_shown = (pose[:, numbers, _VISIBILITY] >= TOLD_VISIBILITY).all(1)
                is_near = (np.abs(angle - in_space) <= FORESHORTENED_DEG) | np.isnan(in_space)
                found[f"{side}_{joint}_angle"] = np.where(is_shown & is_near & (angle >= LEAST_TOLD_DEG), angle, np.nan)
    return found


def _angle_in_space(a: Floats, b: Floats, c: Floats) -> Floats:
    u, v = a - b, c - b
    angle: Floats = np.degrees(np.arctan2(np.linalg.norm(np.cross(u, v), axis=1), (u * v).sum(1)))
    return angle


def angle_deg(a: Floats, b: Floats, c: Floats) -> Floats:
    """Angle at b between the lines to a and c: (rows, 2) each → (rows,). |atan2(u × v, u · v)|; NaN for no length."""
    u, v = a - b, c - b
    cross = u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]
    dot = (u * v).sum(1)
    angle = np.abs(np.degrees(np.arctan2(cross, dot)))
    return np.where((cross == 0) & (dot == 0), np.nan, angle)


def hands_of_pose(pose: npt.NDArray[np.float32], side: str) -> Floats:
    """(rows, 2) middle of wrist and knuckles as shares of the picture, NaN where the wrist is not visible."""
    points = pose[:, [LANDMARKS.index(f"{side}_{name}") for name in _HAND]].astype(float)
    shown = points[:, 0, _VISIBILITY] >= MIN_VISIBILITY
    return np.where(shown[:, None], points[:, :, :2].mean(1), np.nan)


def hands_alone(hand: npt.NDArray[np.float32]) -> Floats:
    """The same of a hand (rows, 21, 3) without a body."""
    middle: Floats = hand[:, [0, 5, 17], :2].astype(float).mean(1)
    return middle


def speed_per_s(place: Floats, t_s: Floats, size: tuple[int, int]) -> Floats:
    """Picture heights a second since the row before; NaN where either place is missing.

    place  (rows, 2) as shares of the picture
    """
    pixels = place * size
    speed = np.full(len(place), np.nan)
    speed[1:] = np.linalg.norm(np.diff(pixels, axis=0), axis=1) / np.diff(t_s) / size[1]
    return speed


def distance_to_boxes(place: Floats, boxes: list[Floats], size: tuple[int, int]) -> Floats:
    """Picture heights to the nearest box of each row, 0 inside; NaN without a box or a place.

    boxes  for every row (n, 4): left, top, right, bottom as shares of the picture
    """
    found = np.full(len(place), np.nan)
    for row, (at, here) in enumerate(zip(place, boxes, strict=True)):
        if len(here) and np.isfinite(at).all():
            outside = np.maximum(np.maximum(here[:, :2] - at, at - here[:, 2:]), 0) * size
            found[row] = np.linalg.norm(outside, axis=1).min() / size[1]
    return found


def _point(pose: npt.NDArray[np.float32], name: str, size: tuple[int, int]) -> Floats:
    point = pose[:, LANDMARKS.index(name)].astype(float)
    shown = point[:, _VISIBILITY] >= MIN_VISIBILITY
    return np.where(shown[:, None], point[:, :2] * size, np.nan)
