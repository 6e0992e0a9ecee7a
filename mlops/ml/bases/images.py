"""Images of one size → classes, numbers, several answers at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from mlops.ml.bases.items import Items, as_items, finite, positions
from mlops.ml.bases.targets import Names, Truth, check_lengths, check_targets, take_targets
from mlops.ml.contract import GIVEN, BadShape, D, Estimator


@dataclass(frozen=True)
class Images:
    """Images with what is to be known of each.

    items   arrays of (height, width, colours), or `Items` that are read when asked for; uint8 counts as 0 … 255,
            anything else is taken as it is
    y       the truth as `mlops.ml.bases.targets` describes it, or None
    groups  (n,) the person or source of each image; splits never tear one apart
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

    def take(self, which: npt.NDArray[Any]) -> Images:
        """The images picked by a boolean mask or an index array; none is read."""
        which = positions(which, len(self))
        return Images(as_items(self.items).take(which), take_targets(self.y, which), self.groups[which], self.labels)

    def batch(self, which: npt.NDArray[Any]) -> dict[str, npt.NDArray[Any]]:
        """``input`` (len(which), colours, height, width) float32, uint8 as 0 … 1. Raises BadShape, BadValue."""
        found = [self.load(int(i)) for i in which]
        if any(image.shape != found[0].shape for image in found):
            raise BadShape(f"images of different sizes: {sorted({image.shape for image in found})}")
        return {"input": np.stack([image.transpose(2, 0, 1) for image in found])}

    def load(self, i: int) -> npt.NDArray[np.float32]:
        """One image (height, width, colours) float32. Raises BadShape, BadValue."""
        image = as_items(self.items).load(i)
        if image.ndim != 3:
            raise BadShape(f"image {i} must be (height, width, colours), not {image.shape}")
        return finite(image / np.float32(255) if image.dtype == np.uint8 else image, f"image {i}")


class ImageEstimator(Estimator[D]):
    """A model of images of one size."""

    data_type: ClassVar[str] = "images"

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(height, width, colours) of the images it is fitted on. Raises NotFitted."""
        if "image_shape" not in self.facts:
            self._must_be_fitted()
        height, width, colours = self.facts["image_shape"]
        return int(height), int(width), int(colours)

    def _check(self, data: Any, part: str) -> None:
        if part != GIVEN:
            check_targets(data, part)

    def _facts_of(self, train: Any) -> dict[str, Any]:
        return {"image_shape": list(train.load(0).shape)}

    def _check_alike(self, data: Any, facts: Mapping[str, Any]) -> None:
        """The first image tells; the others are looked at when they are read."""
        if len(data) and data.load(0).shape != tuple(facts["image_shape"]):
            raise BadShape(f"images of {data.load(0).shape} where {tuple(facts['image_shape'])} were trained on")
