"""Networks that name every sample of a window: where in a repetition a body is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from mlops.ml.contract import option
from mlops.ml.sensors.tcn import TCNBody
from mlops.ml.torch_loop import LoopConfig, TorchEstimator


@dataclass(frozen=True)
class PhaseTCNConfig(LoopConfig):
    """Size of the network; with the defaults a sample sees 61 neighbours to each side, over a second at 50 Hz."""

    epochs: int = option(30, "Times the whole training set is seen", min=1, max=1000)
    width: int = option(24, "Filters in every layer", min=4, max=256)
    n_blocks: int = option(4, "Blocks; each doubles the time that is seen", min=1, max=10)
    kernel_size: int = option(5, "Samples under one filter; odd", min=3, max=15)
    dropout: float = option(0.1, "Share of values dropped in training", min=0.0, max=0.9)


class PhaseTCNNetwork(nn.Module):
    """(batch, time, channels) → dilated convolutions → (batch, time, classes) logits."""

    def __init__(self, n_channels: int, n_classes: int, config: PhaseTCNConfig) -> None:
        super().__init__()
        self.body = TCNBody(n_channels, config.width, config.n_blocks, config.kernel_size, config.dropout)
        self.head = nn.Conv1d(config.width, n_classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.head(self.body(x)).transpose(1, 2)
        return logits


class PhaseTCN(TorchEstimator):
    """Dilated convolutions over the window, an answer at every sample."""

    name: ClassVar[str] = "phase_tcn"
    title: ClassVar[str] = "Temporal convolutions, every sample"
    summary: ClassVar[str] = "Names the phase of every sample from what lies around it. Small and quick."
    Config: ClassVar[type] = PhaseTCNConfig
    per_sample: ClassVar[bool] = True

    def build_network(self, n_channels: int, n_classes: int) -> nn.Module:
        return PhaseTCNNetwork(n_channels, n_classes, self.config)


@dataclass(frozen=True)
class PhaseBiLSTMConfig(LoopConfig):
    """Size of the network."""

    epochs: int = option(30, "Times the whole training set is seen", min=1, max=1000)
    hidden_size: int = option(48, "LSTM units per direction", min=4, max=512)
    num_layers: int = option(1, "LSTM layers on top of each other", min=1, max=4)
    dropout: float = option(0.1, "Share of values dropped in training", min=0.0, max=0.9)


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


class PhaseBiLSTM(TorchEstimator):
    """Reads the window both ways and answers at every sample; slower than the convolutions."""

    name: ClassVar[str] = "phase_bilstm"
    title: ClassVar[str] = "Bidirectional LSTM, every sample"
    summary: ClassVar[str] = "Reads the window both ways and names the phase of every sample. Slower to train."
    Config: ClassVar[type] = PhaseBiLSTMConfig
    per_sample: ClassVar[bool] = True

    def build_network(self, n_channels: int, n_classes: int) -> nn.Module:
        return PhaseBiLSTMNetwork(n_channels, n_classes, self.config)
