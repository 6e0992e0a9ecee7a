"""The pose of a person in a picture or video: 33 landmarks (MediaPipe BlazePose GHUM, Bazarevsky et al. 2020).

Three sizes are parts of the catalogue: `pose-lite`, `pose-full` (the default) and `pose-heavy`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.vision.landmarker import Landmarker
from mlops.ml.vision.photos import without_paths

LANDMARKS = (
    "nose",
    "left_eye_inner", "left_eye", "left_eye_outer", "right_eye_inner", "right_eye", "right_eye_outer",
    "left_ear", "right_ear", "mouth_left", "mouth_right",
    "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist",
    "left_pinky", "right_pinky", "left_index", "right_index", "left_thumb", "right_thumb",
    "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle",
    "left_heel", "right_heel", "left_foot_index", "right_foot_index",
)  # fmt: skip
"""Left and right are the person's own."""
LEAST_DETECTION = 0.7
"""Confidence from which a person is looked at. At the library's own 0.5, 25 of 340 photos of fruit and cartons had a
pose; from 0.7 on none has, and people who fill a third of the picture are found as before (docs/parts/vision.md)."""


@dataclass(frozen=True)
class Pose:
    """One person.

    image  (33, 5): x and y as shares of the picture's width and height (outside 0 … 1 where a part of the body is
           outside), z (depth from the hips on the scale of x, smaller is nearer), visibility and presence from 0 to 1
    world  (33, 3): x to the right, y down, z away from the camera, in metres from the middle of the hips
    """

    image: npt.NDArray[np.float32]
    world: npt.NDArray[np.float32]


class PoseLandmarker(Landmarker[Pose | None]):
    """Pictures → the pose of the person who stands out most in each, or None where nobody is found.

    >>> PoseLandmarker("pose-heavy").find(["squat.jpg"])     # doctest: +SKIP
    [Pose(image=array(…), world=array(…))]
    """

    part, takes = "pose-full", "image"
    _task = "PoseLandmarker"
    _options = {"num_poses": 1, "min_pose_detection_confidence": LEAST_DETECTION}

    def answer(self, inputs: list[Any]) -> list[Any]:
        """{"image", "world"} of each picture, or {} where nobody is found; what the models server calls."""
        return [{} if found is None else vars(found) for found in self.find(without_paths(inputs))]

    def _read(self, result: Any) -> Pose | None:
        if not result.pose_landmarks:
            return None
        image = [(p.x, p.y, p.z, p.visibility, p.presence) for p in result.pose_landmarks[0]]
        world = [(p.x, p.y, p.z) for p in result.pose_world_landmarks[0]]
        return Pose(np.array(image, np.float32), np.array(world, np.float32))
