"""The form model as an estimator of the engine: the graph-LSTM with its heads, losses and files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from mlops.ml.biomechanics.graph_lstm import GNNLSTM, HEAD_SIZES, N_JOINTS, WEIGHTS_FILE
from mlops.ml.biomechanics.preparing import SWAPPED
from mlops.ml.contract import BadArtifact, BadShape, BadValue, option
from mlops.ml.heads import LABEL, Head
from mlops.ml.torch_bases import EXAMPLES, Inputs, TorchSequenceEstimator
from mlops.ml.torch_training import LoopConfig

EXPORTED_FRAMES = 37


@dataclass(frozen=True)
class GraphLSTMConfig(LoopConfig):
    dropout: float = option(0.2, "Dropout", min=0.0, max=0.9)


class GraphLSTM(TorchSequenceEstimator):
    """Form score, six joint angles, exercise and risk; the epoch with the least error of the form score is kept."""

    name: ClassVar[str] = "gnn_lstm"
    title: ClassVar[str] = "Graph-LSTM"
    summary: ClassVar[str] = "Two graph convolutions over the joints, two LSTM layers over time, four heads."
    Config = GraphLSTMConfig
    decider: ClassVar[str] = "form_score_rmse"
    loss_weights: ClassVar[Mapping[str, float]] = {
        "form_score": 2.0, "joint_angles": 0.5, "exercise": 0.5, "risk": 1.0,
    }  # fmt: skip

    def build_network(self, n_inputs: int, n_outputs: int) -> nn.Module:
        return GNNLSTM(self.config.dropout)

    def heads_for(self, train: Any) -> tuple[Head, ...]:
        found = {head.name: head for head in super().heads_for(train)}
        if {name: head.width for name, head in found.items()} != HEAD_SIZES:
            raise BadValue(f"a form model learns {', '.join(HEAD_SIZES)}")
        angles = found["joint_angles"]
        centre, spread = _both_sides(angles.centre), _both_sides(angles.spread)
        found["joint_angles"] = replace(angles, centre=centre, spread=spread)
        return tuple(found[name] for name in HEAD_SIZES)

    def make_network(self) -> nn.Module:
        """With what makes its numbers points and degrees, so that the weights can be used alone."""
        network = super().make_network()
        numbers = [head for head in self.heads if head.kind != LABEL]
        for name, values in (("centre", [head.centre for head in numbers]), ("spread", [h.spread for h in numbers])):
            network.get_buffer(name).copy_(torch.tensor([one for own in values for one in own]))
        return network

    def example_inputs(self) -> Inputs:
        """Of a length that no other size in the network has: the exporter takes equal sizes for one and the same."""
        x = np.zeros((EXAMPLES, EXPORTED_FRAMES, *self.frame_shape), np.float32)
        return {"input": x, "mask": np.ones((EXAMPLES, EXPORTED_FRAMES), np.bool_)}

    def _check_alike(self, data: Any, facts: Mapping[str, Any]) -> None:
        super()._check_alike(data, facts)
        if tuple(facts["frame_shape"]) != (N_JOINTS, 3):
            raise BadShape(f"a frame has {N_JOINTS} landmarks of x, y, z, not {tuple(facts['frame_shape'])}")

    def _save(self, directory: Path) -> None:
        state = {name: value.contiguous() for name, value in self._network().state_dict().items()}
        save_file(state, directory / WEIGHTS_FILE, metadata={"format": "pt"})

    def _load(self, directory: Path) -> None:
        network = self.make_network()
        try:
            network.load_state_dict(load_file(directory / WEIGHTS_FILE))
        except Exception as error:  # safetensors' own error type is not an ordinary one
            raise BadArtifact(f"the weights of the saved {self.name} cannot be read: {error}") from error
        self.network = network.eval()


def _both_sides(values: tuple[float, ...]) -> tuple[float, ...]:
    """The same for left and right, so that a mirrored repetition has mirrored angles."""
    return tuple((value + values[other]) / 2 for value, other in zip(values, SWAPPED, strict=True))
