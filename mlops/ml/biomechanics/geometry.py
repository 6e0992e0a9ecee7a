"""Angles between points, and which landmarks make which joint.

Axes of the world as the ISB recommends (Wu & Cavanagh 1995): X ahead of the person, Y up, Z to the person's right.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mlops.ml.vision.pose import LANDMARKS

Array = npt.NDArray[np.float64]
INDEX = {name: number for number, name in enumerate(LANDMARKS)}
SIDES = ("left", "right")

ANGLES: dict[str, tuple[str, str, str]] = {
    f"{side}_{joint}_angle": (f"{side}_{a}", f"{side}_{joint}", f"{side}_{c}")
    for joint, a, c in (("knee", "hip", "ankle"), ("hip", "shoulder", "knee"), ("elbow", "shoulder", "wrist"))
    for side in SIDES
}
"""The six joint angles of a repetition: the angle at the middle landmark, in degrees; 180 is straight."""

BONES: tuple[tuple[str, str], ...] = (
    *((f"{side}_{a}", f"{side}_{b}") for side in SIDES for a, b in (
        ("shoulder", "elbow"), ("elbow", "wrist"), ("wrist", "pinky"), ("wrist", "index"), ("wrist", "thumb"),
        ("pinky", "index"), ("shoulder", "hip"), ("hip", "knee"), ("knee", "ankle"), ("ankle", "heel"),
        ("heel", "foot_index"), ("ankle", "foot_index"), ("eye_inner", "eye"), ("eye", "eye_outer"),
        ("eye_outer", "ear"),
    )),
    ("nose", "left_eye_inner"), ("nose", "right_eye_inner"), ("mouth_left", "mouth_right"), ("nose", "mouth_left"),
    ("nose", "mouth_right"), ("left_shoulder", "right_shoulder"), ("left_hip", "right_hip"),
    ("left_ear", "left_shoulder"), ("right_ear", "right_shoulder"),
)  # fmt: skip
"""Which landmarks hang together: the edges of the graph."""


def angle_at(a: Array, b: Array, c: Array) -> Array:
    """(…) degrees between b → a and b → c; points are (…, dimensions)."""
    one, two = a - b, c - b
    lengths = np.linalg.norm(one, axis=-1) * np.linalg.norm(two, axis=-1)
    cosine = (one * two).sum(axis=-1) / np.maximum(lengths, 1e-12)
    return np.asarray(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))


def joint_angles(points: Array) -> dict[str, Array]:
    """(…,) degrees of each of `ANGLES`, from landmarks (…, 33, dimensions) in one unit along every axis."""
    return {
        name: angle_at(points[..., INDEX[a], :], points[..., INDEX[b], :], points[..., INDEX[c], :])
        for name, (a, b, c) in ANGLES.items()
    }


def unit(vector: Array) -> Array:
    """The same direction with length one."""
    return np.asarray(vector / np.maximum(np.linalg.norm(vector, axis=-1, keepdims=True), 1e-12))
