"""Gradient-boosted trees (LightGBM, Ke et al. 2017) on window statistics."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from mlops.ml.added_trees import added_trees
from mlops.ml.contract import (
    BadArtifact,
    Continuation,
    FloatArray,
    IntArray,
    OnEpoch,
    OnStep,
    TrainingReport,
    Windows,
    option,
)
from mlops.ml.sensors.trees import TreeEstimator, aggregation_option, balanced_weights

MODEL_FILE = "lightgbm.txt"
GOING_ON = {"max_delta_step": 5.0, "lambda_l2": 1.0}
"""While trees are added to trees that are sure of their examples: these leave hardly any curvature to divide by, and
leaves would grow without end. `max_delta_step` limits what a leaf can say, before the learning rate."""


@dataclass(frozen=True)
class LightGBMConfig:
    """How many rounds, and how large each tree is."""

    n_rounds: int = option(150, "Rounds of boosting; each adds one tree per class", min=2, max=5000)
    learning_rate: float = option(0.08, "Learning rate", min=0.001, max=1.0)
    num_leaves: int = option(15, "Maximum leaves of a tree", min=2, max=1024)
    min_samples_leaf: int = option(10, "Minimum windows in a leaf", min=1, max=1000)
    class_weights: bool = option(False, "Give rare classes more weight")
    patience: int = option(20, "Early stopping: rounds without improvement; 0 = off", min=0, max=1000)
    threads: int = option(1, "Processor threads used in training", min=1, max=64)
    max_depth: int = option(0, "Maximum depth of a tree; 0 = no limit", min=0, max=64)
    aggregation: str = aggregation_option()


class LightGBM(TreeEstimator):
    """Each tree corrects the ones before it; the round with the least validation loss is kept."""

    name: ClassVar[str] = "lightgbm"
    title: ClassVar[str] = "Boosted trees (LightGBM)"
    summary: ClassVar[str] = "Boosted trees on window statistics. Fast and small on disk."
    Config: ClassVar[type] = LightGBMConfig

    def _fit(
        self, train: Windows, validation: Windows | None, on_step: OnStep, on_epoch: OnEpoch, seed: int
    ) -> TrainingReport:
        self.model = None
        features, y = self._learn_from(train)
        weights = balanced_weights(y) if self.config.class_weights else None
        return self._boost(features, y, weights, None, self.config.n_rounds, validation, on_step, on_epoch, seed)

    def _go_on(
        self,
        after: Continuation,
        train: Windows,
        validation: Windows | None,
        on_step: OnStep,
        on_epoch: OnEpoch,
        seed: int,
    ) -> TrainingReport:
        """More rounds behind those before, on new windows and a replay of old ones."""
        self.model = None
        features, y, weights = self._learn_on(after, train, seed)
        if self.config.class_weights:
            weights = weights * balanced_weights(y)
        n = added_trees(self.config.n_rounds, after.share_new)
        old = after.before.model
        report = self._boost(features, y, weights, old, n, validation, on_step, on_epoch, seed)
        return replace(report, metrics={**report.metrics, "n_taught": float(len(y))})

    def _boost(
        self,
        features: FloatArray,
        y: IntArray,
        weights: Any,
        old: Any,
        n_rounds: int,
        validation: Windows | None,
        on_step: OnStep,
        on_epoch: OnEpoch,
        seed: int,
    ) -> TrainingReport:
        """`n_rounds` behind those of the booster `old`, if any; the best round by the validation is the last kept."""
        import lightgbm

        config, n_classes = self.config, len(self.labels)
        held_out = None if validation is None else (self._features(validation.x), np.asarray(validation.y))
        n_old = 0 if old is None else int(old.current_iteration())
        every = max(1, n_rounds // 10)
        curve: list[dict[str, float]] = []
        best, best_loss = 0, float("inf")

        def answers_to(booster: Any, rows: FloatArray) -> npt.NDArray[Any]:
            return np.asarray(booster.predict(rows, num_threads=config.threads))

        def after_round(env: Any) -> None:
            nonlocal best, best_loss
            done = env.iteration - n_old + 1
            on_step(done, n_rounds)
            watched = held_out is not None and bool(config.patience)
            if not watched and done % every and done != n_rounds:
                return
            answered = None if held_out is None else (answers_to(env.model, held_out[0]), held_out[1])
            row = self._row(len(curve) + 1, answers_to(env.model, features), y, answered, n_classes)
            row["n_rounds"] = float(n_old + done)
            curve.append(row)
            on_epoch(row)
            loss = row.get("val_loss", row["train_loss"])
            if loss < best_loss:
                best, best_loss = len(curve) - 1, loss
            elif watched and n_old + done - curve[best]["n_rounds"] >= config.patience:
                on_step(n_rounds, n_rounds)
                raise lightgbm.callback.EarlyStopException(env.iteration, [])

        booster = lightgbm.train(
            self._parameters(len(y), seed) | ({} if old is None else GOING_ON),
            lightgbm.Dataset(features, y, weight=weights, free_raw_data=False),
            num_boost_round=n_rounds,
            init_model=old,
            callbacks=[after_round],
            keep_training_booster=True,
        )
        kept = curve[best] if held_out is not None else curve[-1]
        text = booster.model_to_string(num_iteration=int(kept["n_rounds"]))
        self.model = lightgbm.Booster(model_str=text)
        metrics = {name: value for name, value in kept.items() if name != "epoch"}
        n_leaves = sum(int(tree["num_leaves"]) for tree in self.model.dump_model()["tree_info"])
        return TrainingReport(metrics, curve, n_parameters=n_leaves)

    def _parameters(self, n: int, seed: int) -> dict[str, Any]:
        config = self.config
        return {
            "objective": "multiclass",
            "num_class": len(self.classes),
            "learning_rate": config.learning_rate,
            "num_leaves": config.num_leaves,
            "max_depth": config.max_depth or -1,
            "min_data_in_leaf": min(config.min_samples_leaf, max(1, n // 20)),
            "bagging_fraction": 0.8,
            "bagging_freq": 1,
            "feature_fraction": 0.8,
            "num_threads": config.threads,
            "seed": seed,
            "deterministic": True,
            "force_row_wise": True,
            "verbosity": -1,
        }

    def _ask(self, features: FloatArray) -> npt.NDArray[Any]:
        return np.asarray(self.model.predict(features, num_threads=self.config.threads))

    def _save_model(self, directory: Path) -> None:
        (directory / MODEL_FILE).write_text(self.model.model_to_string(), "utf-8")

    def _load_model(self, directory: Path) -> Any:
        import lightgbm

        text = (directory / MODEL_FILE).read_text("utf-8")
        if not re.search(r"^pandas_categorical:.+\n\Z", text, re.MULTILINE):  # LightGBM reads a cut file without a word
            raise BadArtifact("the saved boosted trees are incomplete")
        try:
            model = lightgbm.Booster(model_str=text)
        except lightgbm.basic.LightGBMError as error:
            raise BadArtifact(f"the saved boosted trees cannot be read: {error}") from error
        if model.num_model_per_iteration() != len(self.classes):
            raise BadArtifact("the saved file contains no boosted trees for these labels")
        return model

    def _trees_onnx(self) -> Any:
        from onnxmltools import convert_lightgbm
        from onnxmltools.convert.common.data_types import FloatTensorType

        shape = [None, self.model.num_feature()]
        return convert_lightgbm(
            self.model, initial_types=[("features", FloatTensorType(shape))], zipmap=False, target_opset=15
        )
