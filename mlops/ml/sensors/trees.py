"""What the tree estimators share: window statistics in, answers for all labels out, JSON beside the model."""

from __future__ import annotations

import json
from abc import abstractmethod
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from mlops.ml.bases.windows import WindowEstimator
from mlops.ml.contract import (
    BadArtifact,
    CannotContinue,
    Continuation,
    FloatArray,
    IntArray,
    NotFitted,
    Windows,
    option,
)
from mlops.ml.metrics import log_loss
from mlops.ml.sensors.statistics import AGGREGATIONS, OPSET, Standardiser, onnx_with_statistics, window_statistics

FEATURES_FILE = "statistics.json"

__all__ = ["OPSET", "TreeEstimator", "aggregation_option", "balanced_weights"]


def aggregation_option() -> Any:
    """The option that says what trees see of a window."""
    help = "What trees see of a window: eight statistics a channel, mean, std, min and max, or every sample"
    return option("movement", help, choices=tuple(AGGREGATIONS))


class TreeEstimator(WindowEstimator):
    """Trees on window statistics. Subclasses fit and ask `self.model` on (n, features) and classes that occur."""

    continues: ClassVar[str] = "added trees"

    def __init__(self, config: Any = None, *, labels: Any = ()) -> None:
        super().__init__(config, labels=labels)
        self.model: Any = None
        self.standardiser: Standardiser | None = None
        self.classes: IntArray = np.zeros(0, np.int64)  # label numbers that occurred in training

    def _learn_from(self, train: Windows) -> tuple[FloatArray, IntArray]:
        """Fit the standardiser; return features and the position of each label among those that occur."""
        statistics = window_statistics(train.x, self._names)
        self.standardiser = Standardiser.fit(statistics)
        self.classes, y = np.unique(np.asarray(train.y), return_inverse=True)
        return self.standardiser.apply(statistics), y.astype(np.int64)

    def _learn_on(
        self, after: Continuation, train: Windows, seed: int
    ) -> tuple[FloatArray, IntArray, npt.NDArray[np.float64]]:
        """Features, labels and weights of what is taught to trees that stand already, which keep their standardiser.

        Raises CannotContinue for a label that the trees before have no leaf for.
        """
        before: TreeEstimator = after.before
        if before.config.aggregation != self.config.aggregation:
            raise CannotContinue("the trees before see other statistics of a window")
        places, weights = after.taught(seed)
        some = train.take(places)
        y = np.asarray(some.y)
        if len(strange := np.setdiff1d(np.unique(np.asarray(train.y)), before.classes)):
            names = ", ".join(train.labels[i] for i in strange)
            raise CannotContinue(f"no example of {names} was in the training data before; trees need a full training")
        self.standardiser, self.classes = before.standardiser, before.classes
        return self._features(some.x), np.searchsorted(before.classes, y).astype(np.int64), weights

    def _features(self, x: FloatArray) -> FloatArray:
        if self.standardiser is None:
            raise NotFitted(f"{self.name} has not been fitted or loaded")
        return self.standardiser.apply(window_statistics(x, self._names))

    @property
    def _names(self) -> tuple[str, ...]:
        return AGGREGATIONS[self.config.aggregation]

    def _spread(self, known: npt.NDArray[Any], n_classes: int) -> npt.NDArray[Any]:
        """Put (n, classes that occurred) answers into (n, all classes)."""
        answers = np.zeros((len(known), n_classes), known.dtype)
        answers[:, self.classes] = known
        return answers

    def _row(self, epoch: int, known: npt.NDArray[Any], y: IntArray, validation: Any, n: int) -> dict[str, float]:
        """One point of the curve from the answers to the training features and, where given, to others.

        validation is (answers, label numbers) or None.
        """
        row = {"epoch": float(epoch), "train_loss": log_loss(y, known), "train_accuracy": _accuracy(known, y)}
        if validation is not None:
            answers = self._spread(validation[0], n)
            row |= {"val_loss": log_loss(validation[1], answers), "val_accuracy": _accuracy(answers, validation[1])}
        return row

    def _predict_proba(self, x: FloatArray) -> npt.NDArray[Any]:
        return self._spread(self._ask(self._features(x)), len(self.labels))

    def _save(self, directory: Path) -> None:
        assert self.standardiser is not None
        facts = {"classes": self.classes.tolist(), "names": list(self._names), **self.standardiser.to_json()}
        (directory / FEATURES_FILE).write_text(json.dumps(facts) + "\n", "utf-8")
        self._save_model(directory)

    def _load(self, directory: Path) -> None:
        facts = json.loads((directory / FEATURES_FILE).read_text("utf-8"))
        classes = np.asarray(facts["classes"], np.int64)
        if classes.ndim != 1 or len(classes) < 2 or classes.min() < 0 or classes.max() >= len(self.labels):
            raise BadArtifact(f"the saved {self.name} knows other classes than its labels")
        if facts["names"] != list(self._names):
            raise BadArtifact(f"the saved {self.name} was made from other statistics")
        length, channels = self.window_shape
        n_samples = length if self.config.aggregation == "flatten" else 1
        self.standardiser = Standardiser.from_json(facts, len(self._names) * n_samples * channels)
        self.classes = classes
        self.model = self._load_model(directory)

    def _export_onnx(self, path: Path) -> None:
        assert self.standardiser is not None
        columns = np.zeros((len(self.classes), len(self.labels)), np.float32)
        columns[np.arange(len(self.classes)), self.classes] = 1.0
        model = onnx_with_statistics(
            self._trees_onnx(), self.standardiser, columns, self.window_shape, self._names
        )
        Path(path).write_bytes(model.SerializeToString())

    @abstractmethod
    def _ask(self, features: FloatArray) -> npt.NDArray[Any]:
        """Return (n, classes that occurred) probabilities."""

    @abstractmethod
    def _save_model(self, directory: Path) -> None:
        """Write the trees."""

    @abstractmethod
    def _load_model(self, directory: Path) -> Any:
        """Read the trees. Raises BadArtifact."""

    @abstractmethod
    def _trees_onnx(self) -> Any:
        """Return the trees as an ONNX model from (batch, features) float32 to ``probabilities``."""


def balanced_weights(y: IntArray) -> npt.NDArray[np.float64]:
    """Return a weight per row that lets all classes weigh the same, 1 on average."""
    counts = np.bincount(y)
    weights: npt.NDArray[np.float64] = len(y) / (np.count_nonzero(counts) * counts[y])
    return weights


def _accuracy(answers: npt.NDArray[Any], y: IntArray) -> float:
    return float((answers.argmax(axis=1) == y).mean())
