"""Repetitions that never were: a body with lengths, a movement with faults, a camera, and the truth that follows."""

from mlops.ml.biomechanics.generator.body import Body, make_body
from mlops.ml.biomechanics.generator.camera import VIEWS, Camera, make_camera, project
from mlops.ml.biomechanics.generator.faults import EXERCISES, FAULTS, LEVELS, form_level, form_score
from mlops.ml.biomechanics.generator.sequences import (
    Generated,
    Repetition,
    generate_repetition,
    generate_set,
)
from mlops.ml.biomechanics.generator.skeletons import skeleton_of, skeleton_seen

__all__ = [
    "EXERCISES", "FAULTS", "LEVELS", "VIEWS", "Body", "Camera", "Generated", "Repetition", "form_level", "form_score",
    "generate_repetition", "generate_set", "make_body", "make_camera", "project", "skeleton_of", "skeleton_seen",
]  # fmt: skip
