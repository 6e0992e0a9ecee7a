"""The base of all models of rows: fitted on `SurvivalRows`, they answer a risk between 0 and 1."""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import (
    CONFIG_FILE,
    BadArtifact,
    BadShape,
    BadValue,
    NotEnoughData,
    NotFitted,
    OnEpoch,
    OnStep,
    TrainingReport,
    check_config,
    ignore,
)
from mlops.ml.survival.rows import SurvivalRows
from mlops.ml.survival.scaling import FeatureScaler, Table

LEAST_EVENTS = 20
"""Fewer events teach nothing that would hold for anybody else; rather no model than a pretended one."""


class RowEstimator(ABC):
    """config → fit → predict → save → load, as `mlops.ml.contract.Estimator` does it for windows.

    Every config has `horizon`: the answer is the probability that the event comes within so much time.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    Config: ClassVar[type]

    def __init__(self, config: Any = None, *, labels: Any = ()) -> None:
        self.config = self.Config() if config is None else config
        if not isinstance(self.config, self.Config):
            raise BadValue(f"{self.name} needs a {self.Config.__qualname__}")
        check_config(self.config)
        self.scaler: FeatureScaler | None = None

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the columns it was fitted on. Raises NotFitted."""
        return self._scaler().features

    def fit(
        self, train: SurvivalRows, *, validation: SurvivalRows | None = None, on_step: OnStep = ignore,
        on_epoch: OnEpoch = ignore, seed: int = 0,
    ) -> TrainingReport:
        """Learn; the same seed and rows give the same model.

        Raises NotEnoughData with fewer than `LEAST_EVENTS` events, BadValue for times that are not positive,
        and whatever the callbacks raise, in which case the estimator stays unfitted.
        """
        if int(train.event.sum()) < LEAST_EVENTS:
            raise NotEnoughData(
                f"{int(train.event.sum())} events are too few to learn from; {LEAST_EVENTS} are the least"
            )
        if not (np.isfinite(train.time).all() and (train.time > 0).all()):
            raise BadValue("times to an event must be positive numbers")
        self.scaler = None
        scaler = FeatureScaler.fit(train.x, train.features)
        started = time.perf_counter()
        on_step(0, 1)
        report = self._fit(scaler.apply(train.x), train, on_step, on_epoch, seed)
        on_step(1, 1)
        self.scaler = scaler
        return TrainingReport(report.metrics, report.curve, time.perf_counter() - started, report.n_parameters)

    def predict(self, x: Table) -> npt.NDArray[np.float64]:
        """(n,) probability of the event within the horizon, from (n, features) with NaN for unknown."""
        x = np.asarray(x, np.float64)
        z = self._scaler().apply(x)
        return self._predict(z) if len(z) else np.zeros(0)

    def drivers(self, x: Table) -> npt.NDArray[np.float64]:
        """(n, features) how much each feature adds to the answer against an average person: SHAP values on the
        model's own scale (log hazard for Cox, probability for forests, log odds for boosting)."""
        x = np.asarray(x, np.float64)
        z = self._scaler().apply(x)
        return self._drivers(z) if len(z) else np.zeros((0, len(self.features)))

    def save(self, directory: Path) -> None:
        """Write the model's native files into an existing directory."""
        self._scaler().save(Path(directory))
        facts = {"estimator": self.name, "config": asdict(self.config)}
        Path(directory, CONFIG_FILE).write_text(json.dumps(facts, indent=1, sort_keys=True) + "\n", "utf-8")
        self._save(Path(directory))

    @classmethod
    def load(cls, directory: Path) -> RowEstimator:
        """Read what `save` wrote; the result answers exactly as the saved one. Raises BadArtifact."""
        directory = Path(directory)
        try:
            facts = json.loads((directory / CONFIG_FILE).read_text("utf-8"))
            if facts["estimator"] != cls.name:
                raise BadArtifact(f"this is a {facts['estimator']}, not a {cls.name}")
            estimator = cls(cls.Config(**facts["config"]))
            scaler = FeatureScaler.load(directory)
            estimator._load(directory, len(scaler.features))
        except (OSError, KeyError, TypeError, ValueError, BadValue, BadShape) as error:
            raise BadArtifact(f"cannot read the saved {cls.name}: {error}") from error
        estimator.scaler = scaler
        return estimator

    # -- what a subclass writes ----------------------------------------------------------------------

    @abstractmethod
    def _fit(
        self, z: Table, train: SurvivalRows, on_step: OnStep, on_epoch: OnEpoch, seed: int
    ) -> TrainingReport:
        """Learn from z-values without NaN and the times and events of `train`."""

    @abstractmethod
    def _predict(self, z: Table) -> npt.NDArray[np.float64]:
        """Risks of at least one row."""

    @abstractmethod
    def _drivers(self, z: Table) -> npt.NDArray[np.float64]:
        """SHAP values of at least one row."""

    @abstractmethod
    def _save(self, directory: Path) -> None:
        """Write what was learnt, beside config.json and the scaler."""

    @abstractmethod
    def _load(self, directory: Path, n_features: int) -> None:
        """Read what `_save` wrote."""

    def _scaler(self) -> FeatureScaler:
        if self.scaler is None:
            raise NotFitted(f"{self.name} has not been fitted or loaded")
        return self.scaler
