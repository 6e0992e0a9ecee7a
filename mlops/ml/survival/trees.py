"""Forests and boosted trees that answer how likely the event comes within the horizon."""

from __future__ import annotations

import copy
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from mlops.ml.added_trees import added_trees, renewed
from mlops.ml.contract import (
    BadArtifact,
    Continuation,
    NotEnoughData,
    NotFitted,
    OnEpoch,
    OnStep,
    TrainingReport,
    option,
)
from mlops.ml.feature_scaler import Table
from mlops.ml.survival.estimator import MIN_EVENTS, SurvivalEstimator
from mlops.ml.survival.rows import SurvivalRows
from mlops.ml.survival.tree_table import TreeTable

ENCODERS_FILE = "label_encoders.json"
OUTCOMES = {"no_event": 0, "event": 1}
TRUSTED = [
    "sklearn.ensemble._forest.RandomForestClassifier",
    "sklearn.ensemble._gb.GradientBoostingClassifier",
    "sklearn.tree._classes.DecisionTreeClassifier",
    "sklearn.tree._classes.DecisionTreeRegressor",
    "sklearn.tree._tree.Tree",
    "sklearn.dummy.DummyClassifier",
    "sklearn._loss.link.Interval",
    "sklearn._loss.link.LogitLink",
    "sklearn._loss.loss.HalfBinomialLoss",
    "sklearn._loss._loss.CyHalfBinomialLoss",
    "numpy.random.mtrand.RandomState",
    "numpy.dtype",
]
"""All that a saved forest may be made of; a file that names anything else is refused before it is built."""


@dataclass(frozen=True)
class ForestConfig:
    """As in `sklearn.ensemble.RandomForestClassifier`."""

    n_estimators: int = option(200, "Trees", min=1, max=2000)
    max_depth: int = option(10, "Maximum depth of a tree", min=1, max=64)
    min_samples: int = option(5, "Minimum rows in a leaf", min=1, max=1000)
    horizon: float = option(90.0, "Prediction horizon in days", min=1.0, max=3650.0)
    threads: int = option(1, "Processor threads used in training", min=1, max=64)


@dataclass(frozen=True)
class BoostingConfig:
    """As in `sklearn.ensemble.GradientBoostingClassifier`."""

    n_estimators: int = option(200, "Trees", min=1, max=2000)
    learning_rate: float = option(0.05, "Learning rate", min=0.001, max=1.0)
    max_depth: int = option(5, "Maximum depth of a tree", min=1, max=16)
    subsample: float = option(0.5, "Share of rows for each tree", min=0.1, max=1.0)
    min_samples: int = option(20, "Minimum rows in a leaf", min=1, max=1000)
    horizon: float = option(90.0, "Prediction horizon in days", min=1.0, max=3650.0)


class TreeRisk(SurvivalEstimator):
    """A scikit-learn classifier of "the event comes within the horizon"; rows that do not know are left out."""

    file: ClassVar[str]
    continues: ClassVar[str] = "added trees"
    trusted_types: ClassVar[tuple[str, ...]] = tuple(TRUSTED)

    def __init__(self, config: Any = None, *, labels: Any = ()) -> None:
        super().__init__(config, labels=labels)
        self._trees: Any = None

    def importances(self) -> dict[str, float]:
        """Mean decrease of impurity by feature, 1 in sum."""
        return dict(zip(self.features, map(float, self._fitted().feature_importances_), strict=True))

    def _new(self, seed: int) -> Any:
        """An unfitted scikit-learn classifier."""
        raise NotImplementedError

    def _grow(self, trees: Any, z: Table, y: npt.NDArray[np.bool_], on_step: OnStep) -> None:
        """Fit with progress."""
        raise NotImplementedError

    def _grow_on(
        self, before: Any, n: int, z: Table, y: npt.NDArray[np.int64], weights: Table, on_step: OnStep, seed: int
    ) -> Any:
        """Trees that begin with those of `before`, which stays as it is, and end with `n` new ones."""
        raise NotImplementedError

    def _fit_rows(
        self, z: Table, train: SurvivalRows, on_step: OnStep, on_epoch: OnEpoch, seed: int
    ) -> TrainingReport:
        known, happened = train.within(self.config.horizon)
        y = happened[known]
        if y.sum() < MIN_EVENTS or (~y).sum() < MIN_EVENTS:
            raise NotEnoughData(f"of {len(y)} rows {int(y.sum())} end in an event: too one-sided to train on")
        trees = self._new(seed)
        self._grow(trees, z[known], y.astype(np.int64), on_step)
        return self._report(trees, {"train_rows": float(len(y)), "train_events": float(y.sum())}, on_epoch)

    def _fit_on(
        self, after: Continuation, z: Table, train: SurvivalRows, on_step: OnStep, on_epoch: OnEpoch, seed: int
    ) -> TrainingReport:
        places, weights = after.taught(seed)
        known, happened = train.within(self.config.horizon)
        kept = known[places]
        places, weights = places[kept], weights[kept]
        y = happened[places]
        if len(np.unique(y)) < 2:
            raise NotEnoughData("the new rows all end alike: too one-sided to go on with")
        n = added_trees(self.config.n_estimators, after.share_new)
        trees = self._grow_on(after.before._fitted(), n, z[places], y.astype(np.int64), weights, on_step, seed)
        row = {"train_rows": float(known.sum()), "n_taught": float(len(y)), "n_added": float(n)}
        return self._report(trees, row, on_epoch)

    def _report(self, trees: Any, row: dict[str, float], on_epoch: OnEpoch) -> TrainingReport:
        self._trees = trees
        on_epoch(row)
        parts = np.ravel(np.asarray(trees.estimators_, dtype=object))
        return TrainingReport(row, [row], n_parameters=int(sum(part.tree_.node_count for part in parts)))

    def _predict(self, z: Table) -> npt.NDArray[np.float64]:
        return np.asarray(self._fitted().predict_proba(z)[:, 1], np.float64)

    def _drivers(self, z: Table) -> npt.NDArray[np.float64]:
        """Tree SHAP: of the probability for forests, of the log odds for boosting."""
        return self._table().drivers(z)

    def _table(self) -> TreeTable:
        """The fitted trees as plain arrays, written beside them for serving."""
        raise NotImplementedError

    def _save_model(self, directory: Path) -> None:
        from zipfile import ZIP_DEFLATED

        from skops.io import dump

        dump(self._fitted(), directory / self.file, compression=ZIP_DEFLATED)
        self._table().save(directory)
        (directory / ENCODERS_FILE).write_text(json.dumps({"outcome": OUTCOMES}, indent=1) + "\n", "utf-8")

    def _load_model(self, directory: Path, n_features: int) -> None:
        from skops.io import get_untrusted_types, load
        from skops.io.exceptions import UntrustedTypesFoundException

        path = directory / self.file
        try:
            strange = set(get_untrusted_types(file=path)) - set(TRUSTED)
            if strange:
                raise BadArtifact(f"{self.file} holds {sorted(strange)[0]}, which no forest is made of")
            trees = load(path, trusted=TRUSTED)
        except (UntrustedTypesFoundException, ValueError, KeyError, TypeError, AttributeError, OSError) as error:
            raise BadArtifact(f"{self.file} cannot be read: {error}") from error
        except Exception as error:  # zip and array errors of many kinds
            if isinstance(error, BadArtifact):
                raise
            raise BadArtifact(f"{self.file} is damaged: {error}") from error
        if getattr(trees, "n_features_in_", None) != n_features:
            raise BadArtifact(f"{self.file} was made for other features")
        self._trees = trees

    def _fitted(self) -> Any:
        if self._trees is None:
            raise NotFitted(f"{self.name} has not been fitted or loaded")
        return self._trees


class RiskForest(TreeRisk):
    """Random forest (Breiman 2001)."""

    name = "risk_forest"
    title = "Random forest of risks"
    summary = "Many independent trees. Finds thresholds and interactions."
    Config = ForestConfig
    file = "random_forest_model.skops"
    STEP = 20

    def _new(self, seed: int) -> Any:
        from sklearn.ensemble import RandomForestClassifier

        config = self.config
        return RandomForestClassifier(
            n_estimators=0, max_depth=config.max_depth, min_samples_leaf=config.min_samples, random_state=seed,
            n_jobs=config.threads, warm_start=True,
        )

    def _grow(self, trees: Any, z: Table, y: npt.NDArray[np.bool_], on_step: OnStep) -> None:
        total = self.config.n_estimators
        for n in [*range(self.STEP, total, self.STEP), total]:
            trees.set_params(n_estimators=n).fit(z, y)
            on_step(n, total)
        trees.set_params(n_jobs=1)

    def _grow_on(
        self, before: Any, n: int, z: Table, y: npt.NDArray[np.int64], weights: Table, on_step: OnStep, seed: int
    ) -> Any:
        grown = self._new(seed)
        grown.set_params(n_estimators=n).fit(z, y, sample_weight=weights)
        on_step(n, n)
        grown.estimators_ = renewed(list(before.estimators_), list(grown.estimators_))
        return grown.set_params(n_estimators=len(grown.estimators_), n_jobs=1)

    def _table(self) -> TreeTable:
        trees = list(self._fitted().estimators_)
        return TreeTable.of_sklearn(trees, scale=1 / len(trees), base=0.0, link="identity", column=1)


class RiskBoosting(TreeRisk):
    """Gradient boosting (Friedman 2001), stochastic (Friedman 2002)."""

    name = "risk_boosting"
    title = "Gradient boosting of risks"
    summary = "Boosted trees. Often the most accurate; needs a few hundred people."
    Config = BoostingConfig
    file = "gradient_boosting_model.skops"

    def _new(self, seed: int) -> Any:
        from sklearn.ensemble import GradientBoostingClassifier

        config = self.config
        return GradientBoostingClassifier(
            n_estimators=config.n_estimators, learning_rate=config.learning_rate, max_depth=config.max_depth,
            subsample=config.subsample, min_samples_leaf=config.min_samples, max_features="sqrt", random_state=seed,
        )

    def _grow(self, trees: Any, z: Table, y: npt.NDArray[np.bool_], on_step: OnStep) -> None:
        total = self.config.n_estimators

        def stage(i: int, *_: Any) -> bool:
            on_step(i + 1, total)
            return False

        trees.fit(z, y, monitor=stage)

    def _grow_on(
        self, before: Any, n: int, z: Table, y: npt.NDArray[np.int64], weights: Table, on_step: OnStep, seed: int
    ) -> Any:
        grown = copy.deepcopy(before)
        first = len(grown.estimators_)

        def stage(i: int, *_: Any) -> bool:
            on_step(i + 1 - first, n)
            return False

        grown.set_params(n_estimators=first + n, warm_start=True).fit(z, y, sample_weight=weights, monitor=stage)
        return grown.set_params(warm_start=False)

    def _table(self) -> TreeTable:
        trees = self._fitted()
        usual = float(trees.init_.class_prior_[1])
        return TreeTable.of_sklearn(
            list(trees.estimators_[:, 0]), scale=trees.learning_rate, base=math.log(usual / (1 - usual)), link="logit",
            column=None,
        )
