"""Bidirectional LSTM with self-attention: the recurrent classifier of movement windows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from mlops.ml.contract import option
from mlops.ml.torch_bases import TorchWindowEstimator
from mlops.ml.torch_training import LoopConfig


@dataclass(frozen=True)
class BiLSTMConfig(LoopConfig):
    """Size of the network; the defaults are the ones in the manual."""

    hidden_size: int = option(128, "LSTM units per direction", min=4, max=1024)
    num_layers: int = option(2, "Stacked LSTM layers", min=1, max=8)
    num_heads: int = option(4, "Attention heads; must divide twice the LSTM units", min=1, max=16)
    dropout: float = option(0.3, "Dropout rate", min=0.0, max=0.9)


class BiLSTMNetwork(nn.Module):
    """(batch, time, channels) → LSTM both ways → attention → mean over time → (batch, classes) logits."""

    def __init__(self, n_channels: int, n_classes: int, config: BiLSTMConfig) -> None:
        super().__init__()
        width, dropout = 2 * config.hidden_size, config.dropout
        self.lstm = nn.LSTM(
            n_channels,
            config.hidden_size,
            config.num_layers,
            batch_first=True,
            bidirectional=True,
            dropout=dropout if config.num_layers > 1 else 0.0,
        )
        self.attention = nn.MultiheadAttention(width, config.num_heads, dropout=dropout, batch_first=True)
        self.head = nn.Sequential(
            nn.Linear(width, width),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(width, config.hidden_size),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(config.hidden_size, n_classes),
        )

    def forward(self, x: Tensor) -> Tensor:
        states, _ = self.lstm(x)  # (batch, time, 2·hidden)
        attended, _ = self.attention(states, states, states, need_weights=False)
        logits: Tensor = self.head(attended.mean(dim=1))
        return logits


class BiLSTM(TorchWindowEstimator):
    """The recurrent estimator: slower to train than random kernels, learns its own features."""

    name: ClassVar[str] = "bilstm"
    title: ClassVar[str] = "Bidirectional LSTM with attention"
    summary: ClassVar[str] = "A bidirectional LSTM with attention over the window. Needs a lot of data."
    Config: ClassVar[type] = BiLSTMConfig

    def build_network(self, n_inputs: int, n_outputs: int) -> nn.Module:
        return BiLSTMNetwork(n_inputs, n_outputs, self.config)
