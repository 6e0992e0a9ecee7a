"""What a model learns from: examples of any type, each with its group; and windows, the type with one array."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, runtime_checkable

import numpy as np
import numpy.typing as npt

from mlops.ml.contract.errors import BadShape

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]
Answers = dict[str, npt.NDArray[Any]]
"""What a model answers, by the name of the output; the first axis counts the examples."""

UNLABELLED = -1
"""The label number of a sample that nobody labelled, where every sample has a label: it neither teaches nor judges."""


@runtime_checkable
class Examples(Protocol):
    """What every set of examples offers. Most also have `y` (the truth) and `labels` (class names)."""

    @property
    def groups(self) -> npt.NDArray[Any]:
        """(n,) whom or what each example comes from; splits never tear one apart."""

    def __len__(self) -> int: ...

    def take(self, which: npt.NDArray[Any]) -> Any:
        """The examples picked by a boolean mask or an index array, as the same type."""


@runtime_checkable
class BatchedExamples(Examples, Protocol):
    """Examples that a network can be fed with."""

    @property
    def y(self) -> Any:
        """The truth: an array, one array by the name of each head, or None."""

    @property
    def labels(self) -> Any:
        """Class names in the order of the label numbers: a tuple, or one by the name of each head."""

    def batch(self, which: npt.NDArray[Any]) -> Mapping[str, npt.NDArray[Any]]:
        """A network's inputs by name for some examples; only these are read."""


D = TypeVar("D", bound=Examples)


@dataclass(frozen=True)
class Windows:
    """Windows of a sensor signal with their labels and subjects.

    x       (n, time, channels) float32, already normalised when given to an estimator
    y       (n,) int64 positions in `labels`, or None when unlabelled; (n, time) where every sample has a label of
            its own, with `UNLABELLED` for those that have none
    groups  (n,) the subject of each window; splits never tear one apart
    labels  class names in the order of the label numbers
    """

    x: FloatArray
    y: IntArray | None
    groups: npt.NDArray[np.str_]
    labels: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.x.ndim != 3:
            raise BadShape(f"windows must be (n, time, channels), not {self.x.shape}")
        if self.y is not None and self.y.shape not in ((len(self.x),), self.x.shape[:2]):
            raise BadShape(f"{len(self.x)} windows but labels of shape {self.y.shape}")
        if self.groups.shape != (len(self.x),):
            raise BadShape(f"{len(self.x)} windows but groups of shape {self.groups.shape}")

    def __len__(self) -> int:
        return len(self.x)

    def take(self, which: npt.NDArray[Any]) -> Windows:
        """Return the windows picked by a boolean mask or an index array."""
        y = None if self.y is None else self.y[which]
        return Windows(self.x[which], y, self.groups[which], self.labels)

    def batch(self, which: npt.NDArray[Any]) -> dict[str, npt.NDArray[Any]]:
        """``input`` (len(which), time, channels); only these windows are read from an array that may lie on disk."""
        return {"input": np.array(self.x[which], np.float32)}
