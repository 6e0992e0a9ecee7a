"""Sequences of varying length, such as the landmarks of a repetition → classes, numbers, a label for every frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from mlops.ml.bases.items import Items, as_items, finite, padded, positions
from mlops.ml.bases.targets import Names, Truth, check_lengths, check_targets, take_targets
from mlops.ml.contract import GIVEN, BadShape, D, Estimator


@dataclass(frozen=True)
class Sequences:
    """Sequences with what is to be known of each.

    items   arrays of (frames, …), e.g. (frames, 33, 3) landmarks, or `Items` that are read when asked for
    y       the truth as `mlops.ml.bases.targets` describes it, or None; where every frame has a label, (n, longest)
            with `UNLABELLED` after the end
    groups  (n,) the person or video of each; splits never tear one apart
    labels  class names, by head where there are several
    """

    items: Items | Sequence[npt.NDArray[Any]]
    y: Truth
    groups: npt.NDArray[np.str_]
    labels: Names = ()

    def __post_init__(self) -> None:
        check_lengths(len(self.items), self.groups, self.y)

    def __len__(self) -> int:
        return len(self.items)

    def take(self, which: npt.NDArray[Any]) -> Sequences:
        """The sequences picked by a boolean mask or an index array; none is read."""
        which = positions(which, len(self))
        return Sequences(as_items(self.items).take(which), take_targets(self.y, which), self.groups[which], self.labels)

    def batch(self, which: npt.NDArray[Any]) -> dict[str, npt.NDArray[Any]]:
        """``input`` (len(which), longest, …) float32 with zeros after the end and ``mask`` (len(which), longest), True
        before it. Raises BadShape, BadValue."""
        found = [self.load(int(i)) for i in which]
        if any(one.shape[1:] != found[0].shape[1:] for one in found):
            raise BadShape(f"frames of different shapes: {sorted({one.shape[1:] for one in found})}")
        x, mask = padded(found)
        return {"input": x, "mask": mask}

    def load(self, i: int) -> npt.NDArray[np.float32]:
        """One sequence (frames, …) float32. Raises BadShape, BadValue."""
        one = as_items(self.items).load(i)
        if one.ndim < 2:
            raise BadShape(f"sequence {i} must be (frames, …), not {one.shape}")
        return finite(one, f"sequence {i}")


class SequenceEstimator(Estimator[D]):
    """A model of sequences of any length whose frames have one shape."""

    data_type: ClassVar[str] = "sequences"

    @property
    def frame_shape(self) -> tuple[int, ...]:
        """Shape of one frame. Raises NotFitted."""
        if "frame_shape" not in self.facts:
            self._must_be_fitted()
        return tuple(int(size) for size in self.facts["frame_shape"])

    def _check(self, data: Any, part: str) -> None:
        if part != GIVEN:
            check_targets(data, part)

    def _facts_of(self, train: Any) -> dict[str, Any]:
        first = train.load(0)
        return {"frame_shape": list(first.shape[1:]), "length": len(first)}

    def _check_alike(self, data: Any, facts: Mapping[str, Any]) -> None:
        """The first sequence tells; the others are looked at when they are read."""
        if len(data) and data.load(0).shape[1:] != tuple(facts["frame_shape"]):
            raise BadShape(f"frames of {data.load(0).shape[1:]} where {tuple(facts['frame_shape'])} were trained on")
