"""Skeletons of known angles, and how they look from a camera: to measure what measures angles."""

from __future__ import annotations

import numpy as np

from mlops.ml.biomechanics.generator.body import Body, average_body
from mlops.ml.biomechanics.generator.camera import Camera, make_camera, project
from mlops.ml.biomechanics.generator.holding import Style, neutral, planted, point
from mlops.ml.biomechanics.generator.kinematics import Arm, landmarks_of, sagittal, shoulders_of
from mlops.ml.biomechanics.geometry import SIDES, Array


def skeleton_of(
    *, knee: float = 180.0, hip: float = 180.0, elbow: float = 180.0, shoulder: float = 0.0, body: Body | None = None,
    n: int = 1,
) -> Array:  # fmt: skip
    """(n, 33, 3) metres: a symmetrical skeleton whose joints have exactly these angles, degrees.

    knee, hip, elbow  the angle between the bones, 180 straight (hip: thigh against trunk); shoulder: the upper arm
    raised ahead from hanging along the trunk. Feet stay flat; the shin leans by a third of the knee's bend.
    """
    body = body or average_body()
    shin = np.full(n, (180.0 - knee) / 3)
    thigh = np.radians(shin - (180.0 - knee))
    angle = np.radians(shin)
    ahead = body.shank * np.sin(angle) + body.thigh * np.sin(thigh)
    above = body.shank * np.cos(angle) + body.thigh * np.cos(thigh)
    pelvis = point(ahead, body.ankle_height + above, np.zeros(n))
    pose = neutral(pelvis, np.degrees(thigh) + (180.0 - hip))
    style = Style(body.hips / 2 / body.height, 0.0, 0.0, 0.0, 0.0, "front", "right", 0.0)
    pose.legs = planted(body, style, n, np.zeros(n), np.zeros(n), body.hips / 2)
    # Between the sides of hips and shoulders lies a step that would change the angle at the hip: bones in one plane.
    body = Body(**{**vars(body), "shoulders": body.hips})
    shoulders, _ = shoulders_of(body, pose)
    along, forward = sagittal(pose.tilt)
    raised = np.radians(shoulder)
    upper = -along * np.cos(raised) + forward * np.sin(raised)
    turned = raised + np.radians(180.0 - elbow)
    lower = -along * np.cos(turned) + forward * np.sin(turned)
    for side in SIDES:
        wrist = shoulders[side] + body.upper_arm * upper + body.forearm * lower
        bends = upper - lower if elbow < 179.9 else -forward
        pose.arms[side] = Arm(wrist, bends)
    return landmarks_of(body, pose)


def skeleton_seen(world: Array, view: str = "right", *, camera: Camera | None = None) -> tuple[Array, Camera]:
    """Exact landmarks (n, 33, 3) of a skeleton from a view, without jitter, and the camera."""
    found = camera or make_camera(view, world, np.random.default_rng(0), exact=True)
    return project(world, found)[0], found
