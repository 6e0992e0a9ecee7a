"""Temporal convolutional network (Bai, Kolter & Koltun 2018, arXiv:1803.01271) for movement windows.

Residual blocks of two dilated convolutions whose dilation doubles from block to block. Unlike the paper the
convolutions look both ways, because a window is complete before it is named, and batch normalisation stands where
the paper normalises weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from mlops.ml.contract import option
from mlops.ml.torch_bases import TorchWindowEstimator
from mlops.ml.torch_training import LoopConfig


@dataclass(frozen=True)
class TCNConfig(LoopConfig):
    """Size of the network; with the defaults the last layer sees 249 samples."""

    width: int = option(32, "Filters in every layer", min=4, max=512)
    n_blocks: int = option(5, "Blocks; each doubles the receptive field", min=1, max=10)
    kernel_size: int = option(5, "Kernel size in samples; odd", min=3, max=15)
    dropout: float = option(0.2, "Dropout rate", min=0.0, max=0.9)


class Block(nn.Module):
    """(batch, width, time) → the same shape: two dilated convolutions and a way around them."""

    def __init__(self, before: int, width: int, kernel: int, dilation: int, dropout: float) -> None:
        super().__init__()
        padding = (kernel // 2) * dilation
        self.layers = nn.Sequential(
            nn.Conv1d(before, width, kernel, padding=padding, dilation=dilation, bias=False),
            nn.BatchNorm1d(width),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Conv1d(width, width, kernel, padding=padding, dilation=dilation, bias=False),
            nn.BatchNorm1d(width),
            nn.ReLU(),
            nn.Dropout(dropout),
        )
        self.around = nn.Identity() if before == width else nn.Conv1d(before, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.layers(x) + self.around(x))


class TCNBody(nn.Module):
    """(batch, time, channels) → (batch, width, time): what every sample looks like within its surroundings."""

    def __init__(self, n_channels: int, width: int, n_blocks: int, kernel_size: int, dropout: float) -> None:
        super().__init__()
        kernel = kernel_size | 1  # an even one would shift time
        self.blocks = nn.Sequential(
            *(Block(width if i else n_channels, width, kernel, 2**i, dropout) for i in range(n_blocks))
        )

    def forward(self, x: Tensor) -> Tensor:
        seen: Tensor = self.blocks(x.transpose(1, 2))
        return seen


class TCNNetwork(nn.Module):
    """(batch, time, channels) → blocks → mean and maximum over time → (batch, classes) logits."""

    def __init__(self, n_channels: int, n_classes: int, config: TCNConfig) -> None:
        super().__init__()
        self.body = TCNBody(n_channels, config.width, config.n_blocks, config.kernel_size, config.dropout)
        self.head = nn.Linear(2 * config.width, n_classes)

    def forward(self, x: Tensor) -> Tensor:
        seen = self.body(x)
        logits: Tensor = self.head(torch.cat([seen.mean(dim=2), seen.amax(dim=2)], dim=1))
        return logits


class TCN(TorchWindowEstimator):
    """Wide view, parallel in time: often the most accurate network for its cost."""

    name: ClassVar[str] = "tcn"
    title: ClassVar[str] = "Temporal convolutional network"
    summary: ClassVar[str] = "Dilated convolutions over the whole window. Accurate, and faster than recurrent networks."
    Config: ClassVar[type] = TCNConfig

    def build_network(self, n_inputs: int, n_outputs: int) -> nn.Module:
        return TCNNetwork(n_inputs, n_outputs, self.config)
