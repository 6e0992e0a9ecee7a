"""Columns of a feature file (one row a frame), and the features that models of tasks see.

A file has the columns of `COLUMNS`; `label` may be absent. Landmarks are JSON: a list of [x, y, z, …] for each point, x
and y as shares of the picture; a fourth number is the visibility. Boxes are JSON lists of [x1, y1, x2, y2].
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from mlops.ml.contract import BadValue

DETECTORS = ("fusion", "mediapipe", "yolo")
SIDES = ("right", "left")
JOINTS = ("elbow", "knee", "hip", "shoulder", "ankle")
POSE, LEFT_HAND, RIGHT_HAND = "mp_pose_landmarks", "mp_left_hand_landmarks", "mp_right_hand_landmarks"
OBJECTS, BOXES, CONFIDENCES = "yolo_objects", "yolo_boxes", "yolo_confidences"
JSON_COLUMNS = (POSE, LEFT_HAND, RIGHT_HAND, OBJECTS, BOXES, CONFIDENCES)
ANGLES = tuple(f"{side}_{joint}_angle" for joint in JOINTS for side in SIDES)
HANDS = tuple(f"{side}_hand_{axis}" for side in SIDES for axis in "xy")
SPEEDS = tuple(f"{side}_hand_speed" for side in SIDES)
DISTANCES = tuple(f"{side}_hand_obj_dist" for side in SIDES)
NUMBERS = (*ANGLES, *HANDS, *SPEEDS, *DISTANCES)
COLUMNS = ("video_id", "frame_index", "t", *JSON_COLUMNS, *NUMBERS, "label")

LANDMARKS = {
    "nose": 0, "left_shoulder": 11, "right_shoulder": 12, "left_elbow": 13, "right_elbow": 14, "left_wrist": 15,
    "right_wrist": 16, "left_hip": 23, "right_hip": 24, "left_knee": 25, "right_knee": 26, "left_ankle": 27,
    "right_ankle": 28,
}  # fmt: skip
"""The points of MediaPipe's 33 that are features: face and fingers say little about a task of the whole body."""
N_LANDMARKS = 33

THINGS = (
    "barbell", "dumbbell", "kettlebell", "sports ball", "bench", "chair", "bottle", "cup", "cell phone", "laptop",
)  # fmt: skip
"""Objects with a feature of their own; all others share one."""

_BODY = (*ANGLES, *(f"{name}_{axis}" for name in LANDMARKS for axis in "xy"))
_MEDIAPIPE = (*_BODY, *HANDS, *SPEEDS, "pose_seen", "right_hand_seen", "left_hand_seen")
MAX_THINGS = 64


@dataclass(frozen=True)
class FeaturePlan:
    """Which features of a frame a model sees.

    detector  "fusion": all; "mediapipe": of body and hands alone; "yolo": of boxes alone
    things    objects with a feature of their own
    """

    detector: str = "fusion"
    things: tuple[str, ...] = THINGS

    def __post_init__(self) -> None:
        if self.detector not in DETECTORS:
            raise BadValue(f"the detector must be one of {', '.join(DETECTORS)}, not {self.detector!r}")
        if len(self.things) > MAX_THINGS or len(set(self.things)) < len(self.things):
            raise BadValue(f"at most {MAX_THINGS} different objects can have a feature of their own")

    @property
    def names(self) -> tuple[str, ...]:
        """The features in the order of the columns of every array."""
        objects = (
            "n_people", "person_confidence", "person_aspect", "n_objects",
            *(f"object_{name.replace(' ', '_')}" for name in self.things), "object_other", "objects_seen",
        )  # fmt: skip
        return {
            "fusion": (*_MEDIAPIPE, *objects, *DISTANCES),
            "mediapipe": _MEDIAPIPE,
            "yolo": objects,
        }[self.detector]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a feature file that are read for them."""
        body = (POSE, LEFT_HAND, RIGHT_HAND, *ANGLES, *HANDS, *SPEEDS)
        boxes = (OBJECTS, BOXES, CONFIDENCES)
        return {"fusion": (*body, *boxes, *DISTANCES), "mediapipe": body, "yolo": boxes}[self.detector]

    def to_json(self) -> dict[str, Any]:
        """The fields as JSON-ready values."""
        return {**asdict(self), "things": list(self.things)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> FeaturePlan:
        """Make a plan of what `to_json` gave. Raises BadValue."""
        try:
            return cls(str(value["detector"]), tuple(map(str, value["things"])))
        except (KeyError, TypeError) as error:
            raise BadValue(f"not a plan of features: {error!r}") from error


FLAGS = ("pose_seen", "right_hand_seen", "left_hand_seen", "objects_seen")
"""1 where a detector found something, 0 where not: a missing value is the training mean, and these say so."""
