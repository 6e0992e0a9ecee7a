"""The truth of examples: one array, or one by the name of each head; labels are positions, numbers are floats.

`y` is None, an array or a mapping of arrays; `labels` is a tuple of class names, or one by the name of each head that
answers labels. Integers are labels (`UNLABELLED` where nobody knows), floats are numbers (NaN where nobody knows),
strings are texts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import TRAINING, UNLABELLED, BadShape, BadValue, NotEnoughData

Truth = npt.NDArray[Any] | Mapping[str, npt.NDArray[Any]] | None
Names = tuple[str, ...] | Mapping[str, tuple[str, ...]]
ONLY = ""
"""The name of a head that has no other beside it."""


def targets_of(data: Any) -> dict[str, npt.NDArray[Any]]:
    """The truth by head; nothing where there is none."""
    y = data.y
    if y is None:
        return {}
    return {name: np.asarray(one) for name, one in y.items()} if isinstance(y, Mapping) else {ONLY: np.asarray(y)}


def label_names(data: Any, head: str) -> tuple[str, ...]:
    """The class names of one head; empty where it answers numbers."""
    labels = data.labels
    return tuple(labels.get(head, ())) if isinstance(labels, Mapping) else tuple(labels)


def is_label(values: npt.NDArray[Any]) -> bool:
    """Whether a head's truth are positions of labels rather than numbers."""
    return bool(np.issubdtype(values.dtype, np.integer))


def is_number(values: npt.NDArray[Any]) -> bool:
    """Whether a head's truth are numbers."""
    return bool(np.issubdtype(values.dtype, np.floating))


def take_targets(y: Truth, which: npt.NDArray[Any]) -> Truth:
    """The truth of some examples."""
    if isinstance(y, Mapping):
        return {name: np.asarray(one)[which] for name, one in y.items()}
    return None if y is None else np.asarray(y)[which]


def check_lengths(n: int, groups: npt.NDArray[Any], y: Truth) -> None:
    """Raise BadShape unless groups and truth have one entry for each of `n` examples."""
    if groups.shape != (n,):
        raise BadShape(f"{n} examples but groups of shape {groups.shape}")
    for name, one in y.items() if isinstance(y, Mapping) else [("y", y)]:
        if one is not None and (np.ndim(one) == 0 or len(one) != n):
            raise BadShape(f"{n} examples but {name} of shape {np.shape(one)}")


def check_targets(data: Any, part: str) -> None:
    """Raise NotEnoughData or BadValue unless every head knows enough to learn from (or, to validate, anything)."""
    if len(data) == 0:
        raise NotEnoughData(f"there are no {part} examples")
    targets = targets_of(data)
    if not targets:
        raise NotEnoughData(f"the {part} examples have no truth")
    least = 2 if part == TRAINING else 1
    for head, values in targets.items():
        of = f" of {head}" if head else ""
        if is_label(values):
            present = np.unique(values[values != UNLABELLED])
            if len(present) and (present[0] < 0 or present[-1] >= len(label_names(data, head))):
                raise BadValue(f"a {part} label number{of} has no label")
            if len(present) < least:
                raise NotEnoughData(f"the {part} examples contain fewer than {least} classes{of}")
        elif is_number(values):
            if np.isinf(values).any():
                raise BadValue(f"the {part} numbers{of} contain infinity")
            if np.isfinite(values).sum() < least:
                raise NotEnoughData(f"the {part} examples contain fewer than {least} known numbers{of}")
