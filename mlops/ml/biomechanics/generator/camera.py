"""A camera with perspective: metres → shares of the picture, depth as MediaPipe gives it, and what hides what."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mlops.ml.biomechanics.geometry import INDEX, Array, unit

VIEWS = {
    "front": 0.0, "front_right": 45.0, "right": 90.0, "back_right": 135.0, "back": 180.0, "back_left": -135.0,
    "left": -90.0, "front_left": -45.0,
}  # fmt: skip
"""Where the camera stands, in degrees to the person's right from straight ahead."""
TAUGHT_VIEWS = ("front", "front_right", "right", "left", "front_left")
SIZES = ((1080, 1920), (1920, 1080), (1280, 720), (640, 480))
LIMBS = tuple(
    (INDEX[a], INDEX[b], radius)
    for a, b, radius in (
        *(pair for side in ("left", "right") for pair in (
            (f"{side}_shoulder", f"{side}_elbow", 0.045), (f"{side}_elbow", f"{side}_wrist", 0.035),
            (f"{side}_hip", f"{side}_knee", 0.075), (f"{side}_knee", f"{side}_ankle", 0.05),
            (f"{side}_shoulder", f"{side}_hip", 0.09),
        )),
        ("left_shoulder", "right_hip", 0.08), ("right_shoulder", "left_hip", 0.08), ("left_ear", "right_ear", 0.09),
    )
)  # fmt: skip
"""Bones with the thickness of the flesh around them, metres: what can hide a landmark behind it."""


@dataclass(frozen=True)
class Camera:
    """Yaw, roll and the vertical angle of view in degrees; height above the floor and distance in metres; width ×
    height in pixels. It looks at the person; `aim` moves them in the picture, shares of its height."""

    view: str
    yaw: float
    height_m: float
    distance_m: float
    roll: float = 0.0
    angle_of_view: float = 50.0
    width: int = 1080
    height: int = 1920
    aim: tuple[float, float] = (0.0, 0.0)


def make_camera(view: str, points: Array, rng: np.random.Generator, *, exact: bool = False) -> Camera:
    """A camera that has all of a movement in the picture; `exact`: just the view, level, nothing by chance."""
    width, height = (1080, 1920) if exact else SIZES[int(rng.integers(len(SIZES)))]
    angle = 50.0 if exact else float(rng.uniform(38, 62))
    yaw = VIEWS[view] if exact else VIEWS[view] + float(np.clip(rng.normal(0, 6), -14, 14))
    flat = points.reshape(-1, 3)
    spans = flat.max(axis=0) - flat.min(axis=0)
    turn = np.radians(yaw)
    across = abs(np.sin(turn)) * spans[0] + abs(np.cos(turn)) * spans[2]
    fill = 0.75 if exact else float(rng.uniform(0.55, 0.85))
    half = np.tan(np.radians(angle) / 2)
    distance = max(spans[1] / (2 * half * fill), across / (2 * half * fill * width / height), 1.5) + 0.3
    middle = float((flat[:, 1].max() + flat[:, 1].min()) / 2)
    camera_height = middle if exact else float(rng.uniform(0.5, 1.6))
    roll = 0.0 if exact else float(rng.normal(0, 1.2))
    aim = (0.0, 0.0) if exact else (float(rng.uniform(-0.03, 0.03)), float(rng.uniform(-0.04, 0.04)))
    return Camera(view, yaw, camera_height, float(distance), roll, angle, width, height, aim)


def project(points: Array, camera: Camera) -> tuple[Array, Array]:
    """(n, 33, 3) metres → (n, 33, 3) landmarks and (n, 33) distance from the camera along its axis, metres.

    x, y are shares of width and height, y down. z as MediaPipe's: depth against the middle of the hips on the scale
    of x (shares of the width), smaller is nearer.
    """
    flat = points.reshape(-1, 3)
    target = (flat.max(axis=0) + flat.min(axis=0)) / 2
    yaw = np.radians(camera.yaw)
    place = target + camera.distance_m * np.array([np.cos(yaw), 0.0, np.sin(yaw)])
    place[1] = camera.height_m
    ahead = unit(target - place)
    right = unit(np.cross(ahead, np.array([0.0, 1.0, 0.0])))
    up = np.cross(right, ahead)
    roll = np.radians(camera.roll)
    right, up = right * np.cos(roll) + up * np.sin(roll), up * np.cos(roll) - right * np.sin(roll)
    seen = points - place
    depth = np.maximum(seen @ ahead, 0.2)
    focal = camera.height / 2 / np.tan(np.radians(camera.angle_of_view) / 2)
    x = 0.5 * camera.width + focal * (seen @ right) / depth + camera.aim[0] * camera.height
    y = 0.5 * camera.height - focal * (seen @ up) / depth + camera.aim[1] * camera.height
    hips = depth[..., [INDEX["left_hip"], INDEX["right_hip"]]].mean(axis=-1, keepdims=True)
    z = (depth - hips) * focal / hips
    return np.stack([x / camera.width, y / camera.height, z / camera.width], axis=-1), depth


def hidden(landmarks: Array, depth: Array, camera: Camera) -> Array:
    """(n, 33) how far each landmark is hidden, from 0 to 1: by a limb that is nearer, or by the edge of the picture."""
    pixels = landmarks[..., :2] * [camera.width, camera.height]
    focal = camera.height / 2 / np.tan(np.radians(camera.angle_of_view) / 2)
    found = np.zeros(landmarks.shape[:2])
    for a, b, radius in LIMBS:
        start, end = pixels[:, a, None], pixels[:, b, None]
        line = end - start
        length = np.maximum((line**2).sum(axis=-1), 1e-6)
        along = np.clip(((pixels - start) * line).sum(axis=-1) / length, 0.0, 1.0)
        gap = np.linalg.norm(pixels - start - along[..., None] * line, axis=-1)
        limb_depth = depth[:, a, None] + along * (depth[:, b, None] - depth[:, a, None])
        inside = np.clip(1.5 - gap / (radius * focal / limb_depth), 0.0, 1.0)
        behind = np.clip((depth - limb_depth - 0.05) / 0.08, 0.0, 1.0)
        covers = inside * behind
        covers[:, [a, b]] = 0.0
        found = np.maximum(found, covers)
    outside = np.clip(np.abs(landmarks[..., :2] - 0.5).max(axis=-1) - 0.5, 0.0, 0.05) / 0.05
    return np.maximum(found, outside)
