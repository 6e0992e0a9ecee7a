"""Networks that name every sample of a window: where in a repetition a body is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from mlops.ml.contract import option
from mlops.ml.sensors.tcn import TCNBody
from mlops.ml.torch_bases import TorchWindowEstimator
from mlops.ml.torch_training import LoopConfig


@dataclass(frozen=True)
class PhaseTCNConfig(LoopConfig):
    """Size of the network; with the defaults a sample sees 61 neighbours to each side, over a second at 50 Hz."""

    epochs: int = option(30, "Passes over the training set", min=1, max=1000)
    width: int = option(24, "Filters in every layer", min=4, max=256)
    n_blocks: int = option(4, "Blocks; each doubles the receptive field", min=1, max=10)
    kernel_size: int = option(5, "Kernel size in samples; odd", min=3, max=15)
    dropout: float = option(0.1, "Dropout rate", min=0.0, max=0.9)


class PhaseTCNNetwork(nn.Module):
    """(batch, time, channels) → dilated convolutions → (batch, time, classes) logits."""

    def __init__(self, n_channels: int, n_classes: int, config: PhaseTCNConfig) -> None:
        super().__init__()
        self.body = TCNBody(n_channels, config.width, config.n_blocks, config.kernel_size, config.dropout)
        self.head = nn.Conv1d(config.width, n_classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.head(self.body(x)).transpose(1, 2)
        return logits


class PhaseTCN(TorchWindowEstimator):
    """Dilated convolutions over the window, an answer at every sample."""

    name: ClassVar[str] = "phase_tcn"
    title: ClassVar[str] = "Temporal convolutions, every sample"
    summary: ClassVar[str] = "Dilated convolutions that predict the phase of every sample. Small and fast."
    Config: ClassVar[type] = PhaseTCNConfig
    per_sample: ClassVar[bool] = True

    def build_network(self, n_inputs: int, n_outputs: int) -> nn.Module:
        return PhaseTCNNetwork(n_inputs, n_outputs, self.config)


@dataclass(frozen=True)
class PhaseBiLSTMConfig(LoopConfig):
    """Size of the network."""

    epochs: int = option(30, "Passes over the training set", min=1, max=1000)
    hidden_size: int = option(48, "LSTM units per direction", min=4, max=512)
    num_layers: int = option(1, "Stacked LSTM layers", min=1, max=4)
    dropout: float = option(0.1, "Dropout rate", min=0.0, max=0.9)


class PhaseBiLSTMNetwork(nn.Module):
    """(batch, time, channels) → LSTM both ways → (batch, time, classes) logits."""

    def __init__(self, n_channels: int, n_classes: int, config: PhaseBiLSTMConfig) -> None:
        super().__init__()
        self.lstm = nn.LSTM(
            n_channels, config.hidden_size, config.num_layers, batch_first=True, bidirectional=True,
            dropout=config.dropout if config.num_layers > 1 else 0.0,
        )  # fmt: skip
        self.dropout = nn.Dropout(config.dropout)
        self.head = nn.Linear(2 * config.hidden_size, n_classes)

    def forward(self, x: Tensor) -> Tensor:
        states, _ = self.lstm(x)  # (batch, time, 2·hidden)
        logits: Tensor = self.head(self.dropout(states))
        return logits


class PhaseBiLSTM(TorchWindowEstimator):
    """Reads the window both ways and answers at every sample; slower than the convolutions."""

    name: ClassVar[str] = "phase_bilstm"
    title: ClassVar[str] = "Bidirectional LSTM, every sample"
    summary: ClassVar[str] = "A bidirectional LSTM that predicts the phase of every sample. Slower to train."
    Config: ClassVar[type] = PhaseBiLSTMConfig
    per_sample: ClassVar[bool] = True

    def build_network(self, n_inputs: int, n_outputs: int) -> nn.Module:
        return PhaseBiLSTMNetwork(n_inputs, n_outputs, self.config)
