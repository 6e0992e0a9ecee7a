"""A plain LSTM or GRU with one dense layer: the quick start, and what larger networks have to beat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from mlops.ml.contract import option
from mlops.ml.torch_bases import TorchWindowEstimator
from mlops.ml.torch_training import LoopConfig

CELLS: dict[str, type[nn.LSTM] | type[nn.GRU]] = {"lstm": nn.LSTM, "gru": nn.GRU}


@dataclass(frozen=True)
class RNNConfig(LoopConfig):
    """The cell and its size."""

    cell: str = option("lstm", "LSTM (Hochreiter & Schmidhuber 1997) or GRU (Cho et al. 2014)", choices=tuple(CELLS))
    hidden_size: int = option(64, "Units in each layer", min=4, max=1024)
    num_layers: int = option(1, "Stacked layers", min=1, max=8)
    dropout: float = option(0.2, "Dropout rate", min=0.0, max=0.9)


class RNNNetwork(nn.Module):
    """(batch, time, channels) → recurrent layers → their last state → (batch, classes) logits."""

    def __init__(self, n_channels: int, n_classes: int, config: RNNConfig) -> None:
        super().__init__()
        dropout = config.dropout if config.num_layers > 1 else 0.0
        self.cell = CELLS[config.cell](
            n_channels, config.hidden_size, config.num_layers, batch_first=True, dropout=dropout
        )
        self.dropout = nn.Dropout(config.dropout)
        self.head = nn.Linear(config.hidden_size, n_classes)

    def forward(self, x: Tensor) -> Tensor:
        states, _ = self.cell(x)  # (batch, time, hidden)
        logits: Tensor = self.head(self.dropout(states[:, -1]))
        return logits


class RNN(TorchWindowEstimator):
    """The simplest network: one layer that reads the window once."""

    name: ClassVar[str] = "rnn"
    title: ClassVar[str] = "Plain LSTM or GRU"
    summary: ClassVar[str] = "One recurrent layer and one dense layer. A quick start into neural networks."
    Config: ClassVar[type] = RNNConfig

    def build_network(self, n_inputs: int, n_outputs: int) -> nn.Module:
        return RNNNetwork(n_inputs, n_outputs, self.config)
