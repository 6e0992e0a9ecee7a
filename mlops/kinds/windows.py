"""The family of kinds that name a window of a sampled signal (time, channels): sensors, features of a video."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from django.core.exceptions import ValidationError

from mlops.kinds.base import CardText, Importance
from mlops.kinds.examples import ExampleSpec
from mlops.kinds.exchange import ExchangeHooks
from mlops.kinds.labels import LabelKind
from mlops.kinds.marking import gettext_noop as _
from mlops.kinds.questions import Inputs
from mlops.kinds.windows_exchange import WindowExchange
from mlops.ml.contract import FloatArray, OnStep, Windows, ignore
from mlops.ml.explain import permutation_importance
from mlops.ml.remote import RemoteSession
from mlops.ml.scoring import OnnxScorer
from mlops.ml.window_statistics import statistic_names, window_statistics

MAX_WINDOWS = 1024


class WindowScorer:
    """An OnnxScorer as the engine's scorer: `answer` takes windows as they were measured."""

    def __init__(self, path: Path) -> None:
        self.onnx = OnnxScorer.open(path)

    def answer(self, windows: npt.NDArray[Any]) -> FloatArray:
        return self.onnx.score_raw(windows)

    def answer_normalised(self, windows: FloatArray) -> FloatArray:
        """The same for windows that are normalised already."""
        return self.onnx.score(windows)

    @property
    def remote(self) -> RemoteSession | None:
        """The address that answers, for a remote model."""
        return self.onnx.remote


class WindowClassification(LabelKind):
    """One of several labels for a window: what is left to a kind is where windows come from."""

    example = ExampleSpec(_("window"), _("windows"), "s", sources=_("recordings"))
    exchange: ExchangeHooks = WindowExchange()

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

    def example_input(self, manifest: Mapping[str, Any]) -> FloatArray:
        """A window without movement."""
        return np.zeros((1, manifest["window_spec"]["length"], len(channel_names(manifest))), np.float32)

    def check_export(self, path: Path, estimator: Any, data: Windows) -> float:
        few = data.take(np.arange(min(64, len(data))))
        gap = self.scorer(path).answer_normalised(few.x) - np.asarray(self.outputs(estimator, few))
        return float(np.abs(gap).max(initial=0.0))

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
                f"Send 1 to {MAX_WINDOWS} windows of {shape[0]} samples with {shape[1]} channels each.",
                code="bad_shape",
            )
        if not np.isfinite(windows).all():
            raise ValidationError("A sample is not a finite number.", code="bad_value")
        return windows

    def guarded(self, inputs: Inputs | None) -> Any:
        return None if inputs is None else inputs.values

    def statistic_names(self, manifest: Mapping[str, Any]) -> list[str]:
        return statistic_names(channel_names(manifest))

    def statistics(self, values: npt.NDArray[Any], manifest: Mapping[str, Any]) -> FloatArray:
        """Mean, std, min, max and pace of each channel."""
        return window_statistics(np.asarray(values), float(manifest["window_spec"]["rate_hz"]))

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
                "It recognises movements. It does not assess health and is not a diagnosis. It only knows the labels",
                "above, with the sensor worn and sampled as in its training data.",
            ],
        )


def channel_names(manifest: Mapping[str, Any]) -> list[str]:
    """Names of the channels in the order of the windows' last axis."""
    channels = manifest.get("layout", {}).get("channels", [])
    return [str(channel["name"] if isinstance(channel, dict) else channel) for channel in channels]
