"""Random forest (Breiman 2001) on window statistics: the baseline that every network has to beat."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from mlops.ml.added_trees import added_trees, renewed
from mlops.ml.contract import (
    BadArtifact,
    Continuation,
    FloatArray,
    OnEpoch,
    OnStep,
    TrainingReport,
    Windows,
    option,
)
from mlops.ml.sensors.trees import OPSET, TreeEstimator, aggregation_option, balanced_weights

MODEL_FILE = "random_forest.skops"
ALLOWED_TYPES = ["sklearn.tree._tree.Tree"]
"""The only types beyond skops' own defaults that a saved forest may hold; never taken from the file itself."""
_TREES_A_STEP = 10
_POINTS = 10  # on the curve


@dataclass(frozen=True)
class RandomForestConfig:
    """How many trees, and how deep."""

    n_estimators: int = option(200, "Trees", min=2, max=2000)
    max_depth: int = option(0, "Maximum depth of a tree; 0 = no limit", min=0, max=64)
    min_samples_leaf: int = option(2, "Minimum windows in a leaf", min=1, max=1000)
    class_weights: bool = option(False, "Give rare classes more weight")
    threads: int = option(1, "Processor threads used in training", min=1, max=64)
    aggregation: str = aggregation_option()


class RandomForest(TreeEstimator):
    """Robust without tuning; cannot follow the shape of a movement over time."""

    name: ClassVar[str] = "random_forest"
    title: ClassVar[str] = "Random forest"
    summary: ClassVar[str] = "Trees on window statistics. A fast, robust baseline that needs no tuning."
    Config: ClassVar[type] = RandomForestConfig

    def _fit(
        self, train: Windows, validation: Windows | None, on_step: OnStep, on_epoch: OnEpoch, seed: int
    ) -> TrainingReport:
        self.model = None
        features, y = self._learn_from(train)
        held_out = None if validation is None else self._features(validation.x)
        config, n_classes = self.config, len(train.labels)
        forest = self._unfitted(seed)
        weights = balanced_weights(y) if config.class_weights else None
        curve: list[dict[str, float]] = []
        step = min(_TREES_A_STEP, max(1, config.n_estimators // 4))
        told = 0
        while forest.n_estimators < config.n_estimators:
            forest.set_params(n_estimators=min(forest.n_estimators + step, config.n_estimators))
            forest.fit(features, y, sample_weight=weights)
            on_step(forest.n_estimators, config.n_estimators)
            if forest.n_estimators * _POINTS >= (told + 1) * config.n_estimators:
                told = forest.n_estimators * _POINTS // config.n_estimators
                answered = None
                if held_out is not None and validation is not None:
                    answered = (forest.predict_proba(held_out), np.asarray(validation.y))
                row = self._row(len(curve) + 1, forest.predict_proba(features), y, answered, n_classes)
                row["n_trees"] = float(forest.n_estimators)
                curve.append(row)
                on_epoch(row)
        self.model = forest
        return self._report(curve)

    def _go_on(
        self,
        after: Continuation,
        train: Windows,
        validation: Windows | None,
        on_step: OnStep,
        on_epoch: OnEpoch,
        seed: int,
    ) -> TrainingReport:
        """The oldest trees make room for new ones, grown on new windows and a replay of old ones."""
        self.model = None
        features, y, weights = self._learn_on(after, train, seed)
        if self.config.class_weights:
            weights = weights * balanced_weights(y)
        old = list(after.before.model.estimators_)
        n = added_trees(len(old), after.share_new)
        grown = self._unfitted(seed)
        while grown.n_estimators < n:
            grown.set_params(n_estimators=min(grown.n_estimators + _TREES_A_STEP, n))
            grown.fit(features, y, sample_weight=weights)
            on_step(grown.n_estimators, n)
        grown.estimators_ = renewed(old, list(grown.estimators_))
        grown.set_params(n_estimators=len(grown.estimators_))
        self.model = grown
        answered = None
        if validation is not None:
            answered = (grown.predict_proba(self._features(validation.x)), np.asarray(validation.y))
        row = self._row(1, grown.predict_proba(features), y, answered, len(train.labels))
        row |= {"n_trees": float(len(grown.estimators_)), "n_added": float(n), "n_taught": float(len(y))}
        on_epoch(row)
        return self._report([row])

    def _unfitted(self, seed: int) -> Any:
        from sklearn.ensemble import RandomForestClassifier

        config = self.config
        return RandomForestClassifier(
            n_estimators=0,
            max_depth=config.max_depth or None,
            min_samples_leaf=config.min_samples_leaf,
            n_jobs=config.threads,
            random_state=np.random.RandomState(seed),
            warm_start=True,
        )

    def _report(self, curve: list[dict[str, float]]) -> TrainingReport:
        metrics = {name: value for name, value in curve[-1].items() if name != "epoch"}
        n_nodes = sum(int(tree.tree_.node_count) for tree in self.model.estimators_)
        return TrainingReport(metrics, curve, n_parameters=n_nodes)

    def _ask(self, features: FloatArray) -> npt.NDArray[Any]:
        answers: npt.NDArray[Any] = self.model.predict_proba(features)
        return answers

    def _save_model(self, directory: Path) -> None:
        import skops.io

        self.model.set_params(random_state=None)  # a generator is of no use to a model that is never fitted again
        skops.io.dump(self.model, directory / MODEL_FILE, compression=zipfile.ZIP_DEFLATED)

    def _load_model(self, directory: Path) -> Any:
        import skops.io
        from sklearn.ensemble import RandomForestClassifier

        try:
            model = skops.io.load(directory / MODEL_FILE, trusted=ALLOWED_TYPES)
        except Exception as error:  # zipfile, skops and sklearn each raise their own
            raise BadArtifact(f"the saved forest cannot be read: {error}") from error
        if not isinstance(model, RandomForestClassifier) or model.n_classes_ != len(self.classes):
            raise BadArtifact("the saved file contains no forest for these labels")
        return model

    def _trees_onnx(self) -> Any:
        from skl2onnx import convert_sklearn
        from skl2onnx.common.data_types import FloatTensorType

        shape = [None, self.model.n_features_in_]
        return convert_sklearn(
            self.model,
            initial_types=[("features", FloatTensorType(shape))],
            options={id(self.model): {"zipmap": False}},
            target_opset=OPSET,
        )
