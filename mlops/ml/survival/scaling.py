"""Columns made comparable: unknown values become the training median, then z-values."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import BadArtifact, BadShape, NotEnoughData

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
    def fit(cls, x: Table, features: tuple[str, ...]) -> FeatureScaler:
        """Learn from (n, features), NaN for unknown. A column that no row knows (a team without HRV) becomes 0 for
        everybody and teaches nothing. Raises NotEnoughData where nothing at all is known."""
        known = np.isfinite(x)
        if not known.any():
            raise NotEnoughData("no row knows anything")
        x = np.where(known.any(axis=0), x, 0.0)
        known = np.isfinite(x)
        median = np.nanmedian(np.where(known, x, np.nan), axis=0)
        filled = np.where(known, x, median)
        sd = filled.std(axis=0)
        return cls(features, median, filled.mean(axis=0), np.where(sd > 1e-12, sd, 1.0))

    def apply(self, x: Table) -> Table:
        """(n, features) z-values without NaN. Raises BadShape."""
        if x.ndim != 2 or x.shape[1] != len(self.features):
            raise BadShape(f"the model knows {len(self.features)} features, not a table of {x.shape}")
        return (np.where(np.isfinite(x), x, self.median) - self.mean) / self.sd

    def save(self, directory: Path) -> None:
        """Write `feature_scaler.json`."""
        facts = {
            "features": list(self.features), "median": self.median.tolist(), "mean": self.mean.tolist(),
            "sd": self.sd.tolist(),
        }
        (directory / FILE).write_text(json.dumps(facts, indent=1) + "\n", "utf-8")

    @classmethod
    def load(cls, directory: Path) -> FeatureScaler:
        """Read it. Raises BadArtifact."""
        try:
            facts = json.loads((directory / FILE).read_text("utf-8"))
            arrays = [np.asarray(facts[name], np.float64) for name in ("median", "mean", "sd")]
            scaler = cls(tuple(facts["features"]), *arrays)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BadArtifact(f"{FILE} cannot be read: {error}") from error
        if any(array.shape != (len(scaler.features),) for array in arrays):
            raise BadArtifact(f"{FILE} holds columns of different lengths")
        return scaler
