"""Rows of a table, NaN for unknown → classes, numbers, or whatever else the subclass makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from mlops.ml.bases.targets import Names, Truth, check_lengths, check_targets, take_targets
from mlops.ml.contract import GIVEN, BadShape, BadValue, Estimator, Examples
from mlops.ml.feature_scaler import FeatureScaler


@dataclass(frozen=True)
class Rows:
    """Rows of a table with what is to be known of each.

    x         (n, features) float, NaN for unknown
    y         the truth as `mlops.ml.bases.targets` describes it, or None
    groups    (n,) whom each row comes from; splits never tear one apart
    features  names of the columns
    labels    class names, by head where there are several
    """

    x: npt.NDArray[np.floating[Any]]
    y: Truth
    groups: npt.NDArray[np.str_]
    features: tuple[str, ...]
    labels: Names = ()

    def __post_init__(self) -> None:
        if self.x.ndim != 2 or self.x.shape[1] != len(self.features):
            raise BadShape(f"{len(self.features)} features but a table of {self.x.shape}")
        check_lengths(len(self.x), self.groups, self.y)

    def __len__(self) -> int:
        return len(self.x)

    def take(self, which: npt.NDArray[Any]) -> Rows:
        """The rows picked by a boolean mask or an index array."""
        return Rows(self.x[which], take_targets(self.y, which), self.groups[which], self.features, self.labels)

    def batch(self, which: npt.NDArray[Any]) -> dict[str, npt.NDArray[Any]]:
        """``input`` (len(which), features) float32, NaN for unknown."""
        return {"input": np.array(self.x[which], np.float32)}


class RowExamples(Examples, Protocol):
    """What every kind of rows offers, whatever its truth is."""

    @property
    def x(self) -> npt.NDArray[Any]:
        """(n, features), NaN for unknown."""

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the columns."""


R = TypeVar("R", bound=RowExamples)


class RowEstimator(Estimator[R]):
    """A model of rows; columns are made comparable by a `FeatureScaler` fitted on the training rows.

    Unknown values are no error. Infinity is one.
    """

    data_type: ClassVar[str] = "rows"

    @property
    def scaler(self) -> FeatureScaler:
        """What makes columns comparable, known while it is fitted or read. Raises NotFitted."""
        if "scaler" not in self.facts:
            self._must_be_fitted()
        return FeatureScaler.from_json(self.facts["scaler"])

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the columns it was fitted on. Raises NotFitted."""
        self._must_be_fitted()
        return tuple(self.facts["scaler"]["features"])

    def _check(self, data: R, part: str) -> None:
        if part != GIVEN:
            self._check_truth(data, part)
        if np.isinf(data.x).any():
            raise BadValue(f"the {part} rows contain infinity")

    def _check_truth(self, data: R, part: str) -> None:
        """Raise unless the rows have enough truth to learn from or to be judged by."""
        check_targets(data, part)

    def _facts_of(self, train: R) -> dict[str, Any]:
        return {"scaler": FeatureScaler.fit(train.x, train.features).to_json()}

    def _check_alike(self, data: R, facts: Mapping[str, Any]) -> None:
        if data.features != tuple(facts["scaler"]["features"]):
            raise BadShape(f"{self.name} was fitted on other columns: {', '.join(facts['scaler']['features'])[:200]}")

    def _facts_from(self, kept: Mapping[str, Any], directory: Path) -> dict[str, Any]:
        facts = super()._facts_from(kept, directory)
        FeatureScaler.from_json(facts["scaler"])
        return facts
