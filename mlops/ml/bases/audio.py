"""Clips of sound of varying length → classes, text, numbers."""

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
class Clips:
    """Mono clips with what is to be known of each.

    items    arrays of (samples,), about −1 … 1, or `Items` that are read when asked for
    y        the truth as `mlops.ml.bases.targets` describes it, or None
    groups   (n,) the speaker or source of each clip; splits never tear one apart
    rate_hz  samples per second, the same for all
    labels   class names, by head where there are several
    """

    items: Items | Sequence[npt.NDArray[Any]]
    y: Truth
    groups: npt.NDArray[np.str_]
    rate_hz: int
    labels: Names = ()

    def __post_init__(self) -> None:
        check_lengths(len(self.items), self.groups, self.y)

    def __len__(self) -> int:
        return len(self.items)

    def take(self, which: npt.NDArray[Any]) -> Clips:
        """The clips picked by a boolean mask or an index array; none is read."""
        which = positions(which, len(self))
        items, y = as_items(self.items).take(which), take_targets(self.y, which)
        return Clips(items, y, self.groups[which], self.rate_hz, self.labels)

    def batch(self, which: npt.NDArray[Any]) -> dict[str, npt.NDArray[Any]]:
        """``input`` (len(which), longest) float32 with silence after the end and ``mask``, True before it. Raises
        BadShape, BadValue."""
        x, mask = padded([self.load(int(i)) for i in which])
        return {"input": x, "mask": mask}

    def load(self, i: int) -> npt.NDArray[np.float32]:
        """One clip (samples,) float32. Raises BadShape, BadValue."""
        one = as_items(self.items).load(i)
        if one.ndim != 1:
            raise BadShape(f"clip {i} must be (samples,), one channel, not {one.shape}")
        return finite(one, f"clip {i}")


class AudioEstimator(Estimator[D]):
    """A model of clips of any length at one rate."""

    data_type: ClassVar[str] = "audio"

    @property
    def rate_hz(self) -> int:
        """Samples per second of the clips it is fitted on. Raises NotFitted."""
        if "rate_hz" not in self.facts:
            self._must_be_fitted()
        return int(self.facts["rate_hz"])

    def _check(self, data: Any, part: str) -> None:
        if part != GIVEN:
            check_targets(data, part)

    def _facts_of(self, train: Any) -> dict[str, Any]:
        return {"rate_hz": train.rate_hz, "length": len(train.load(0))}

    def _check_alike(self, data: Any, facts: Mapping[str, Any]) -> None:
        if data.rate_hz != facts["rate_hz"]:
            raise BadShape(f"clips of {data.rate_hz} Hz where {facts['rate_hz']} Hz were trained on")
