"""Published sensor models for `transformers`: importing this module registers them with AutoConfig and AutoModel.

    from mlops.ml.sensors.pretrained import SensorClassifier

    model = SensorClassifier(input_size=5, hidden_size=128, num_layers=2, num_classes=4)   # fresh
    model = SensorClassifier.from_pretrained("folder")                                     # published
    model.classify(windows)          # (n, time, channels) as measured → [[{"label", "score"}, …], …]

After the import ``AutoModel.from_pretrained("folder")`` loads a published folder too, without remote code. The
network is the one the site trains (`mlops.ml.sensors.bilstm` and its neighbours), not a copy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, PretrainedConfig, PreTrainedModel
from transformers.modeling_outputs import SequenceClassifierOutput

from mlops.ml.contract import BadShape, BadValue
from mlops.ml.registry import estimator_class
from mlops.ml.windows import Scaler, WindowSpec, normalise

MODEL_TYPE = "fitbalance_sensor"


class SensorClassifierConfig(PretrainedConfig):
    """config.json of a published folder: which network, its sizes, and how a signal must be cut for it.

    estimator         registered name of a torch estimator, "bilstm" by default
    estimator_config  its settings; only those that size the network matter
    window_spec       {"rate_hz", "length", "stride", "normalisation"}
    scaler            {"mean", "std"} for the normalisation "dataset", else None
    channels          names in the order of the last axis
    """

    model_type = MODEL_TYPE

    def __init__(
        self,
        input_size: int = 5,
        estimator: str = "bilstm",
        estimator_config: Mapping[str, Any] | None = None,
        window_spec: Mapping[str, Any] | None = None,
        scaler: Mapping[str, Any] | None = None,
        channels: Sequence[str] = (),
        **more: Any,
    ) -> None:
        self.input_size = input_size
        self.estimator = estimator
        self.estimator_config = dict(estimator_config or {})
        self.window_spec = dict(window_spec or WindowSpec().to_json())
        self.scaler = None if scaler is None else dict(scaler)
        self.channels = list(channels)
        super().__init__(**more)


class SensorClassifier(PreTrainedModel):
    """A trained network of FitBalance: (batch, time, channels) normalised float32 → logits of the labels."""

    config_class = SensorClassifierConfig
    base_model_prefix = ""
    main_input_name = "inputs"

    def __init__(
        self,
        config: SensorClassifierConfig | None = None,
        *,
        input_size: int = 5,
        hidden_size: int = 128,
        num_layers: int = 2,
        num_classes: int = 4,
    ) -> None:
        """Build from a config, or a fresh bidirectional LSTM with attention from the four sizes."""
        if config is None:
            sizes = {"hidden_size": hidden_size, "num_layers": num_layers}
            config = SensorClassifierConfig(input_size, estimator_config=sizes, num_labels=num_classes)
        super().__init__(config)
        self.network = _network(config)
        self.post_init()

    def forward(
        self, inputs: Tensor, labels: Tensor | None = None, return_dict: bool | None = None
    ) -> SequenceClassifierOutput | tuple[Tensor, ...]:
        """Logits (batch, labels) of normalised windows, and the cross-entropy when labels are given."""
        logits = self.network(inputs)
        loss = None if labels is None else nn.functional.cross_entropy(logits, labels)
        if return_dict is False:
            return (logits,) if loss is None else (loss, logits)
        return SequenceClassifierOutput(loss=loss, logits=logits)

    def _init_weights(self, module: nn.Module) -> None:
        """Networks initialise themselves when they are built."""

    def classify(self, windows: npt.ArrayLike) -> list[list[dict[str, Any]]]:
        """Answers for windows as they were measured: for each, [{"label", "score"}, …] with the best first.

        windows  (n, time, channels) in the order of `config.channels`. Raises BadShape, BadValue.
        """
        x = np.asarray(windows, dtype=np.float32)
        spec = WindowSpec.from_json(self.config.window_spec)
        if x.ndim != 3 or x.shape[1:] != (spec.length, self.config.input_size):
            raise BadShape(f"windows of ({spec.length}, {self.config.input_size}) are needed, not {x.shape[1:]}")
        if not np.isfinite(x).all():
            raise BadValue("windows contain NaN or infinity")
        scaler = None if self.config.scaler is None else Scaler.from_json(self.config.scaler)
        self.eval()
        with torch.no_grad():
            logits = self.network(torch.from_numpy(normalise(x, spec, scaler)))
            scores = torch.softmax(logits, dim=1).numpy()
        names: dict[int, str] = dict(self.config.id2label or {})  # type: ignore[arg-type,assignment]
        return [[{"label": names[int(k)], "score": float(row[k])} for k in np.argsort(-row)] for row in scores]


def _network(config: SensorClassifierConfig) -> nn.Module:
    """The estimator's own network. Raises BadValue for an estimator that is not a torch network."""
    found: Any = estimator_class(config.estimator)
    if not hasattr(found, "build_network"):
        raise BadValue(f"{config.estimator} is not a torch network; use the model.onnx beside it")
    known = {spec.name for spec in fields(found.Config)}
    settings = {name: value for name, value in config.estimator_config.items() if name in known}
    n_labels = int(config.num_labels or 0)
    estimator = found(found.Config(**settings), labels=tuple(str(n) for n in range(n_labels)))
    estimator.facts = {"window_shape": [WindowSpec.from_json(config.window_spec).length, config.input_size]}
    network: nn.Module = estimator.build_network(config.input_size, n_labels)
    return network


AutoConfig.register(MODEL_TYPE, SensorClassifierConfig, exist_ok=True)
AutoModel.register(SensorClassifierConfig, SensorClassifier, exist_ok=True)
