"""The part of a kind that every classifier of windows shares: its metrics, its serving, its explanation."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from django.core.exceptions import ValidationError

from mlops.metric import CLASSIFICATION
from mlops.ml.calibration import calibration_bins
from mlops.ml.contract import FloatArray, NotEnoughData, OnStep, Windows, ignore
from mlops.ml.explain import permutation_importance
from mlops.ml.metrics import classification_report
from mlops.ml.scoring import OnnxScorer
from mlops.task_kinds import CardText, Importance, TaskKind

MAX_WINDOWS = 1024


class WindowScorer:
    """An OnnxScorer as the engine's scorer: `answer` takes windows that are normalised already."""

    def __init__(self, path: Path) -> None:
        self.onnx = OnnxScorer.open(path)

    def answer(self, windows: FloatArray) -> FloatArray:
        return self.onnx.score(windows)

    def answer_raw(self, windows: npt.NDArray[Any]) -> FloatArray:
        """The same for windows as they were measured."""
        return self.onnx.score_raw(windows)


class WindowClassification(TaskKind):
    """One of several labels for a window (time, channels): what is left to a kind is where windows come from."""

    metrics = CLASSIFICATION
    gates = {"accuracy": 0.8}
    example_word = "windows"

    def answer(self, estimator: Any, data: Windows) -> FloatArray:
        found: FloatArray = estimator.predict_proba(data.x)
        return found

    def evaluate(self, answers: FloatArray, data: Windows) -> dict[str, Any]:
        if data.y is None:
            raise NotEnoughData("There are no labelled windows to judge on")
        report: dict[str, Any] = dict(classification_report(data.y, answers, data.labels))
        report["calibration"] = calibration_bins(answers.max(axis=1), answers.argmax(axis=1) == data.y)
        return report

    def baseline(self, train: Windows, data: Windows) -> dict[str, float]:
        if train.y is None or data.y is None:
            return {}
        return {"baseline_accuracy": float((data.y == np.bincount(train.y).argmax()).mean())}

    def pair_values(self, answers: FloatArray, data: Windows) -> npt.NDArray[Any] | None:
        return None if data.y is None else (answers.argmax(axis=1) == data.y).astype(np.float32)

    def explain(
        self, estimator: Any, data: Windows, manifest: Mapping[str, Any], on_step: OnStep = ignore
    ) -> list[Importance]:
        """Accuracy lost when one channel comes from another window."""
        truth = data.y
        if truth is None or not len(data):
            return []
        names = channel_names(manifest)
        found = permutation_importance(
            lambda x, kept: float((estimator.predict_proba(x).argmax(axis=1) == truth[kept]).mean()),
            data.x,
            axis=2,
            on_step=on_step,
        )
        return [Importance(name, mean, spread) for name, (mean, spread) in zip(names, found, strict=True)]

    def scorer(self, path: Path) -> WindowScorer:
        return WindowScorer(path)

    def read_inputs(self, payload: Any, manifest: Mapping[str, Any]) -> npt.NDArray[Any]:
        """(n, length, channels) windows as measured. Raises ValidationError."""
        shape = (manifest["window_spec"]["length"], len(manifest["layout"]["channels"]))
        try:
            windows = np.asarray(payload, dtype=np.float64)
        except (TypeError, ValueError):
            windows = np.empty(0)
        if windows.ndim == 2:
            windows = windows[None]
        if windows.ndim != 3 or windows.shape[1:] != shape or not 1 <= len(windows) <= MAX_WINDOWS:
            raise ValidationError(
                f"Give 1 to {MAX_WINDOWS} windows of {shape[0]} samples with {shape[1]} channels each.",
                code="bad_shape",
            )
        if not np.isfinite(windows).all():
            raise ValidationError("A sample is not a finite number.", code="bad_value")
        return windows

    def write_answers(self, answers: npt.NDArray[Any], manifest: Mapping[str, Any]) -> list[Any]:
        labels = manifest["labels"]
        return [
            [{"label": labels[i], "score": float(row[i])} for i in np.argsort(-row, kind="stable")] for row in answers
        ]

    def card(self, manifest: Mapping[str, Any]) -> CardText:
        spec, channels = manifest.get("window_spec", {}), channel_names(manifest)
        labels = ", ".join(map(str, manifest.get("labels", [])))
        return CardText(
            inputs=[
                f"Input `input`: (batch, {spec.get('length', 'time')}, {len(channels)}) float32, "
                f"{spec.get('rate_hz', '?')} samples a second, normalised by {spec.get('normalisation', '?')}.",
                f"Channels: {', '.join(channels)}.",
                f"Output `probabilities`: one for each of {labels}.",
            ],
            limits=[
                "It names movements; it does not judge health and gives no diagnosis. It knows only the labels",
                "above, worn and sampled as in its training data.",
            ],
        )


def channel_names(manifest: Mapping[str, Any]) -> list[str]:
    """Names of the channels in the order of the windows' last axis."""
    channels = manifest.get("layout", {}).get("channels", [])
    return [str(channel["name"] if isinstance(channel, dict) else channel) for channel in channels]
