"""The base of all models of a time to an event: fitted on `SurvivalRows`, they answer a risk between 0 and 1."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.bases.rows import RowEstimator
from mlops.ml.contract import (
    TRAINING,
    Answers,
    BadValue,
    Continuation,
    NotEnoughData,
    OnEpoch,
    OnStep,
    TrainingReport,
)
from mlops.ml.feature_scaler import FeatureScaler, Table
from mlops.ml.survival.rows import SurvivalRows

MIN_EVENTS = 20
"""Fewer events teach nothing that would hold for anybody else; rather no model than a pretended one."""


class SurvivalEstimator(RowEstimator[SurvivalRows]):
    """A model of rows that answers the probability that the event comes within the config's `horizon`."""

    def predict(self, x: Table) -> npt.NDArray[np.float64]:
        """(n,) probability of the event within the horizon, from (n, features) with NaN for unknown."""
        self._must_be_fitted()
        z = self.scaler.apply(np.asarray(x, np.float64))
        return self._predict(z) if len(z) else np.zeros(0)

    def drivers(self, x: Table) -> npt.NDArray[np.float64]:
        """(n, features) how much each feature adds to the answer against an average person: SHAP values on the
        model's own scale (log hazard for Cox, probability for forests, log odds for boosting)."""
        self._must_be_fitted()
        z = self.scaler.apply(np.asarray(x, np.float64))
        return self._drivers(z) if len(z) else np.zeros((0, len(self.features)))

    def _answer(self, data: SurvivalRows) -> Answers:
        return {"risk": self.predict(data.x)}

    def _check(self, data: SurvivalRows, part: str) -> None:
        """Infinity counts as unknown here: the scaler takes the median for both."""
        if part == TRAINING:
            self._check_truth(data, part)

    def _check_truth(self, data: SurvivalRows, part: str) -> None:
        if int(data.event.sum()) < MIN_EVENTS:
            raise NotEnoughData(
                f"{int(data.event.sum())} events are too few to train on; at least {MIN_EVENTS} are needed"
            )
        if not (np.isfinite(data.time).all() and (data.time > 0).all()):
            raise BadValue("times to an event must be positive numbers")

    def _kept_facts(self) -> dict[str, Any]:
        return {}  # the scaler has a file of its own

    def _facts_from(self, kept: Mapping[str, Any], directory: Path) -> dict[str, Any]:
        return {"scaler": FeatureScaler.load(directory).to_json()}

    def _fit(
        self, train: SurvivalRows, validation: SurvivalRows | None, on_step: OnStep, on_epoch: OnEpoch, seed: int
    ) -> TrainingReport:
        on_step(0, 1)
        report = self._fit_rows(self.scaler.apply(train.x), train, on_step, on_epoch, seed)
        on_step(1, 1)
        return report

    def _go_on(
        self,
        after: Continuation,
        train: SurvivalRows,
        validation: SurvivalRows | None,
        on_step: OnStep,
        on_epoch: OnEpoch,
        seed: int,
    ) -> TrainingReport:
        on_step(0, 1)
        report = self._fit_on(after, self.scaler.apply(train.x), train, on_step, on_epoch, seed)
        on_step(1, 1)
        return report

    def _save(self, directory: Path) -> None:
        self.scaler.save(directory)
        self._save_model(directory)

    def _load(self, directory: Path) -> None:
        self._load_model(directory, len(self.scaler.features))

    # -- what a subclass writes ----------------------------------------------------------------------

    @abstractmethod
    def _fit_rows(self, z: Table, train: SurvivalRows, on_step: OnStep, on_epoch: OnEpoch, seed: int) -> TrainingReport:
        """Learn from z-values without NaN and the times and events of `train`."""

    def _fit_on(
        self, after: Continuation, z: Table, train: SurvivalRows, on_step: OnStep, on_epoch: OnEpoch, seed: int
    ) -> TrainingReport:
        """The same, going on from the model before; for models that say how in `continues`."""
        raise NotImplementedError

    @abstractmethod
    def _predict(self, z: Table) -> npt.NDArray[np.float64]:
        """Risks of at least one row."""

    @abstractmethod
    def _drivers(self, z: Table) -> npt.NDArray[np.float64]:
        """SHAP values of at least one row."""

    @abstractmethod
    def _save_model(self, directory: Path) -> None:
        """Write what was learned, beside config.json and the scaler."""

    @abstractmethod
    def _load_model(self, directory: Path, n_features: int) -> None:
        """Read what `_save_model` wrote."""
