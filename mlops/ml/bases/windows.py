"""Windows of a signal → a label for each, or for every sample of each."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import (
    GIVEN,
    TRAINING,
    UNLABELLED,
    Answers,
    BadArtifact,
    BadShape,
    BadValue,
    FloatArray,
    IntArray,
    NotEnoughData,
    OnnxEstimator,
    Windows,
)

PROBABILITIES = "probabilities"


class WindowEstimator(OnnxEstimator[Windows]):
    """A classifier of windows. Subclasses write `_fit`, `_predict_proba`, `_save`, `_load` and `_export_onnx`.

    The ONNX file maps ``input`` (batch, time, channels) float32 to ``probabilities`` (batch, [time,] classes).

    per_sample  True for a sequence estimator: labels are (n, time), answers (n, time, classes)
    """

    data_type: ClassVar[str] = "windows"
    per_sample: ClassVar[bool] = False

    @property
    def window_shape(self) -> tuple[int, int]:
        """(time, channels) of the windows it is fitted on, known while it is fitted or read. Raises NotFitted."""
        if "window_shape" not in self.facts:
            self._must_be_fitted()
        length, channels = self.facts["window_shape"]
        return int(length), int(channels)

    def predict_proba(self, x: FloatArray) -> FloatArray:
        """Return (n, n_classes) float32 probabilities, the last axis in the order of `labels`.

        A `per_sample` estimator returns (n, time, n_classes).
        """
        self._must_be_fitted()
        shape = self.window_shape
        x = np.asarray(x, dtype=np.float32)
        if x.ndim != 3 or x.shape[1:] != shape:
            raise BadShape(f"{self.name} was trained on windows of {shape}, not {x.shape[1:]}")
        if not _all_finite(x):
            raise BadValue("windows contain NaN or infinity")
        if len(x) == 0:
            return np.zeros((0, *shape[: int(self.per_sample)], len(self.labels)), np.float32)
        return np.asarray(self._predict_proba(x), dtype=np.float32)

    def predict(self, x: FloatArray) -> IntArray:
        """Return the (n,) positions of the most probable labels, (n, time) of a `per_sample` estimator."""
        return self.predict_proba(x).argmax(axis=-1).astype(np.int64)

    def onnx_inputs(self, data: Windows) -> dict[str, Any]:
        return {"input": np.ascontiguousarray(data.x, np.float32)}

    def _answer(self, data: Windows) -> Answers:
        return {PROBABILITIES: self.predict_proba(data.x)}

    def _check(self, data: Windows, part: str) -> None:
        if part != GIVEN:
            n_classes = 2 if part == TRAINING else 1
            _check_labelled(data, part, n_classes=n_classes, per_sample=self.per_sample)
        elif not _all_finite(data.x):
            raise BadValue("windows contain NaN or infinity")

    def _facts_of(self, train: Windows) -> dict[str, Any]:
        return {"window_shape": [int(train.x.shape[1]), int(train.x.shape[2])]}

    def _check_alike(self, data: Windows, facts: Mapping[str, Any]) -> None:
        if data.x.shape[1:] != tuple(facts["window_shape"]):
            raise BadShape(f"windows of {data.x.shape[1:]} where {tuple(facts['window_shape'])} were trained on")

    def _facts_from(self, kept: Mapping[str, Any], directory: Path) -> dict[str, Any]:
        facts = super()._facts_from(kept, directory)
        length, channels = facts["window_shape"]
        if len(kept["labels"]) < 2:
            raise BadArtifact(f"the saved {self.name} names fewer than two labels")
        return {**facts, "window_shape": [int(length), int(channels)]}

    @abstractmethod
    def _predict_proba(self, x: FloatArray) -> npt.NDArray[Any]:
        """Probabilities for at least one valid window."""


def _all_finite(x: FloatArray) -> bool:
    """True without NaN and infinity; looked at in pieces, since the array may be larger than memory."""
    return all(bool(np.isfinite(x[at : at + 4096]).all()) for at in range(0, len(x), 4096))


def _check_labelled(windows: Windows, part: str, *, n_classes: int, per_sample: bool) -> None:
    """Raise unless the windows are finite, labelled within their labels and hold enough classes."""
    if windows.y is None:
        raise NotEnoughData(f"the {part} windows have no labels")
    if (windows.y.ndim == 2) != per_sample:
        raise BadShape(f"labels of {windows.y.shape} where {'every sample' if per_sample else 'every window'} has one")
    if len(windows) == 0:
        raise NotEnoughData(f"there are no {part} windows")
    if windows.x.shape[1] < 1 or windows.x.shape[2] < 1:
        raise BadShape(f"empty {part} windows: {windows.x.shape}")
    if not _all_finite(windows.x):
        raise BadValue(f"the {part} windows contain NaN or infinity")
    present = np.unique(windows.y)
    if per_sample:
        present = present[present != UNLABELLED]
    if len(present) and (present[0] < 0 or present[-1] >= len(windows.labels)):
        raise BadValue(f"a {part} label number has no label")
    if len(present) < n_classes:
        raise NotEnoughData(f"the {part} windows contain fewer than {n_classes} classes")
