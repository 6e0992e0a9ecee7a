"""A head on vectors of others: which label does a stretch with this embedding have? Linear, or one hidden layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from mlops.ml.contract import option
from mlops.ml.torch_bases import TorchRowEstimator
from mlops.ml.torch_training import LoopConfig


@dataclass(frozen=True)
class EmbeddingHeadConfig(LoopConfig):
    """Size and training of the head."""

    epochs: int = option(60, "Passes over the training set", min=1, max=1000)
    learning_rate: float = option(3e-3, "Peak learning rate of AdamW", min=1e-6, max=1.0)
    weight_decay: float = option(0.1, "Weight decay", min=0.0, max=1.0)
    hidden: int = option(0, "Hidden units; 0 = a linear head", min=0, max=1024)
    dropout: float = option(0.2, "Dropout rate on what the head sees", min=0.0, max=0.9)


class EmbeddingHead(TorchRowEstimator):
    """Embeddings, made comparable → probabilities."""

    name: ClassVar[str] = "embedding_head"
    title: ClassVar[str] = "Head on embeddings"
    summary: ClassVar[str] = "A linear layer, or one hidden layer, on vectors that another network made."
    Config: ClassVar[type] = EmbeddingHeadConfig

    def build_network(self, n_inputs: int, n_outputs: int) -> nn.Module:
        drop, hidden = nn.Dropout(self.config.dropout), self.config.hidden
        if not hidden:
            return nn.Sequential(drop, nn.Linear(n_inputs, n_outputs))
        return nn.Sequential(drop, nn.Linear(n_inputs, hidden), nn.ReLU(), nn.Dropout(self.config.dropout),
                             nn.Linear(hidden, n_outputs))  # fmt: skip
