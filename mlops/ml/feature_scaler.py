"""Columns made comparable: unknown values become the training median, then z-values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import BadArtifact, BadShape, NotEnoughData
from mlops.ml.spread import is_spread

LEAST_SPREAD = 1e-12
"""Of a column that is the same for everybody but for the arithmetic."""
FILE = "feature_scaler.json"
Table = npt.NDArray[np.float64]


@dataclass(frozen=True)
class FeatureScaler:
    """Fitted on training rows only. median, mean, sd: (features,)."""

    features: tuple[str, ...]
    median: Table
    mean: Table
    sd: Table

    @classmethod
    def fit(cls, x: npt.NDArray[Any], features: tuple[str, ...]) -> FeatureScaler:
        """Take from (n, features), NaN for unknown. A column that no row knows (a team without HRV) becomes 0 for
        everybody and teaches nothing. Raises NotEnoughData where nothing at all is known."""
        known = np.isfinite(x)
        if not known.any():
            raise NotEnoughData("no row knows anything")
        x = np.where(known.any(axis=0), x, 0.0)
        known = np.isfinite(x)
        median = np.nanmedian(np.where(known, x, np.nan), axis=0)
        filled = np.where(known, x, median)
        sd, mean = filled.std(axis=0), filled.mean(axis=0)
        return cls(
            features, median, mean, np.where(is_spread(sd, mean, LEAST_SPREAD), sd, np.maximum(1.0, np.abs(mean)))
        )

    def apply(self, x: Table) -> Table:
        """(n, features) z-values without NaN. Raises BadShape."""
        if x.ndim != 2 or x.shape[1] != len(self.features):
            raise BadShape(f"the model knows {len(self.features)} features, not a table of {x.shape}")
        return (np.where(np.isfinite(x), x, self.median) - self.mean) / self.sd

    def to_json(self) -> dict[str, Any]:
        """The names and numbers as JSON-ready values."""
        return {
            "features": list(self.features),
            "median": self.median.tolist(),
            "mean": self.mean.tolist(),
            "sd": self.sd.tolist(),
        }

    @classmethod
    def from_json(cls, facts: Mapping[str, Any]) -> FeatureScaler:
        """Make one of what `to_json` gave. Raises BadArtifact."""
        try:
            arrays = [np.asarray(facts[name], np.float64) for name in ("median", "mean", "sd")]
            scaler = cls(tuple(facts["features"]), *arrays)
        except (ValueError, KeyError, TypeError) as error:
            raise BadArtifact(f"a saved feature scaler cannot be read: {error}") from error
        if any(array.shape != (len(scaler.features),) for array in arrays):
            raise BadArtifact("a saved feature scaler holds columns of different lengths")
        return scaler

    def save(self, directory: Path) -> None:
        """Write `feature_scaler.json`."""
        (directory / FILE).write_text(json.dumps(self.to_json(), indent=1) + "\n", "utf-8")

    @classmethod
    def load(cls, directory: Path) -> FeatureScaler:
        """Read it. Raises BadArtifact."""
        try:
            facts = json.loads((directory / FILE).read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise BadArtifact(f"{FILE} cannot be read: {error}") from error
        return cls.from_json(facts)
