"""The network: an encoder down to 1/32 of the picture, brought up again to 1/8, where the answer is given.

(batch, 3, side, side) in 0 … 1 → (batch, classes + 4, side / 8, side / 8): a logit a class, and how far the edges of
the box lie from the middle of the cell (left, top, right, bottom; softplus makes them positive, in cells of 8 pixels).
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

STRIDE = 8
SIDE = 256
PRIOR = -4.6
"""Logit of a class before anything is learned: one cell in a hundred."""


def block(n_in: int, n_out: int, stride: int = 1) -> nn.Sequential:
    """Convolution, normalisation, ReLU."""
    return nn.Sequential(nn.Conv2d(n_in, n_out, 3, stride, 1, bias=False), nn.BatchNorm2d(n_out), nn.ReLU(inplace=True))


class Residual(nn.Module):
    """Two convolutions beside a shortcut."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.one, self.two = block(width, width), nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.norm = nn.BatchNorm2d(width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.relu(x + self.norm(self.two(self.one(x))))


class DetectorNet(nn.Module):
    """See the module. About 0.6 million parameters."""

    def __init__(self, n_classes: int, widths: tuple[int, int, int, int] = (24, 48, 80, 112)) -> None:
        super().__init__()
        fourth, eighth, sixteenth, last = widths
        self.n_classes = n_classes
        patch = nn.Conv2d(3, fourth, 6, 4, 1, bias=False)  # straight to a quarter: large maps take most of the time
        self.stem = nn.Sequential(patch, nn.BatchNorm2d(fourth), nn.ReLU(inplace=True), block(fourth, fourth))
        self.eighth = nn.Sequential(block(fourth, eighth, 2), Residual(eighth))
        self.sixteenth = nn.Sequential(block(eighth, sixteenth, 2), Residual(sixteenth))
        self.thirty_second = nn.Sequential(block(sixteenth, last, 2), Residual(last))
        self.side_16, self.side_8 = nn.Conv2d(last, sixteenth, 1), nn.Conv2d(sixteenth, eighth, 1)
        self.join_16, self.join_8 = block(sixteenth, sixteenth), block(eighth, eighth)
        answer = nn.Conv2d(eighth, n_classes + 4, 1)
        assert answer.bias is not None
        nn.init.constant_(answer.bias[:n_classes], PRIOR)
        nn.init.constant_(answer.bias[n_classes:], 1.0)
        self.head = nn.Sequential(block(eighth, eighth), answer)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        eighth = self.eighth(self.stem(x))
        sixteenth = self.sixteenth(eighth)
        deepest = self.thirty_second(sixteenth)
        sixteenth = self.join_16(sixteenth + _twice(self.side_16(deepest)))
        answer: torch.Tensor = self.head(self.join_8(eighth + _twice(self.side_8(sixteenth))))
        return answer


class YoloShaped(nn.Module):
    """The same network, answering as YOLO does: (batch, 4 + classes, cells), boxes as middle and size in pixels."""

    x: torch.Tensor
    y: torch.Tensor

    def __init__(self, net: DetectorNet, side: int) -> None:
        super().__init__()
        self.net, self.n_classes = net, net.n_classes
        cells = side // STRIDE
        middle = (torch.arange(cells, dtype=torch.float32) + 0.5) * STRIDE
        self.register_buffer("x", middle.repeat(cells)[None])
        self.register_buffer("y", middle.repeat_interleave(cells)[None])

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        answer = self.net(images).flatten(2)
        scores = answer[:, : self.n_classes].sigmoid()
        left, top, right, bottom = (functional.softplus(answer[:, self.n_classes + k]) * STRIDE for k in range(4))
        middle_x, middle_y = self.x + (right - left) / 2, self.y + (bottom - top) / 2
        boxes = torch.stack([middle_x, middle_y, left + right, top + bottom], 1)
        return torch.cat([boxes, scores], 1)


def _twice(x: torch.Tensor) -> torch.Tensor:
    return functional.interpolate(x, scale_factor=2.0, mode="nearest")
