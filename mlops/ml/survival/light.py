"""A saved risk model as it serves: opened in milliseconds, without the library that trained it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import CONFIG_FILE, BadArtifact
from mlops.ml.feature_scaler import FeatureScaler, Table
from mlops.ml.registry import estimator_class
from mlops.ml.survival.tree_table import FILE, TreeTable


@dataclass(frozen=True)
class ServedTrees:
    """Trees that answer and explain; what they were trained with stays in the artifact.

    `horizon` is the number of days that a risk is given for.
    """

    scaler: FeatureScaler
    table: TreeTable
    horizon: float

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the columns."""
        return self.scaler.features

    @property
    def scale(self) -> str:
        """What drivers add to: "odds" (as logarithms) or "probability"."""
        return "odds" if self.table.link == "logit" else "probability"

    def predict(self, x: Table) -> npt.NDArray[np.float64]:
        """(n,) risks from (n, features), NaN for unknown."""
        return self.table.predict(self.scaler.apply(np.asarray(x, np.float64)))

    def drivers(self, x: Table) -> npt.NDArray[np.float64]:
        """(n, features) SHAP values against the average of the training rows."""
        return self.table.drivers(self.scaler.apply(np.asarray(x, np.float64)))


def open_risk(path: Path, estimator: str) -> Any:
    """The model of an artifact, with `predict` and `drivers`: trees as plain arrays where they lie there, else the
    estimator itself. Raises BadArtifact."""
    if not Path(path, FILE).exists():
        return estimator_class(estimator).load(path)
    try:
        horizon = float(json.loads(Path(path, CONFIG_FILE).read_text("utf-8"))["config"]["horizon"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadArtifact(f"{CONFIG_FILE} cannot be read: {error}") from error
    scaler, table = FeatureScaler.load(path), TreeTable.load(path)
    if table.n_features != len(scaler.features):
        raise BadArtifact(f"{FILE} was made for other features")
    return ServedTrees(scaler, table, horizon)
