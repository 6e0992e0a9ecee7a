"""Everyday movement and rest are no exercise: a library of both, generated, that joins every dataset of exercises.

families.py  what people do: the kinds of movement that are taught, fitted on and judged on, all different ones
body.py      how arms, trunk and legs move in each
devices.py   what sensors like the dataset's own measure of it, worn in many ways
library.py   the windows beside a dataset
fitting.py   the confidence below which a model says nothing

All of it is made by formulas; no recording of anybody is in it.
"""

from mlops.ml.sensors.everyday.fitting import abstention_asked, abstention_fields
from mlops.ml.sensors.everyday.library import (
    everyday_windows,
    everyday_write,
    followed_by,
    labels_with_other,
    of_people,
    with_everyday,
)

__all__ = [
    "abstention_asked",
    "abstention_fields",
    "everyday_windows",
    "everyday_write",
    "followed_by",
    "labels_with_other",
    "of_people",
    "with_everyday",
]
