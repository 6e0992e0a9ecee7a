"""EfficientNet-Lite0: the network that turns a photo into 1,280 numbers, and its file for ONNX Runtime.

Tan and Le 2019 (arXiv 1905.11946); the Lite variants (Google, 2020) leave out squeeze-and-excitation and use ReLU6. The
names of the layers are those of the published PyTorch weights (4.69 M numbers, ImageNet-1k), which were converted from
TensorFlow: hence its "same" padding and an epsilon of 0.001.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from mlops.ml.contract import BadArtifact
from mlops.ml.convert import convert_weights
from mlops.ml.torch_onnx import write_graph
from mlops.ml.vision.photos import CROP

WEIGHTS = "weights.pth"
N_FEATURES = 1280
N_CLASSES = 1000
MEAN, STD = 127.0 / 255, 128.0 / 255
"""Of every colour, on a scale of 0 to 1."""
EPSILON = 1e-3
_STEM = 32
_STAGES = (
    (1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112), (4, 5, 2, 6, 192), (1, 3, 1, 6, 320),
)  # fmt: skip
"""Repeats, kernel, stride of the first, expansion, output channels."""


class SameConv(nn.Conv2d):
    """A convolution padded as TensorFlow does it: the output is ceil(size / stride), what is odd goes to the end."""

    def __init__(self, n_in: int, n_out: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        super().__init__(n_in, n_out, kernel, stride, groups=groups, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        kernel, stride = self.kernel_size[0], self.stride[0]
        across, down = (max(0, (-(-size // stride) - 1) * stride + kernel - size) for size in (x.shape[3], x.shape[2]))
        return super().forward(functional.pad(x, (across // 2, -(-across // 2), down // 2, -(-down // 2))))


class Block(nn.Module):
    """Expand, filter every channel by itself, project; with a shortcut where the shape stays (MobileNetV2's block)."""

    def __init__(self, n_in: int, n_out: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        width = n_in * expansion
        self.expands, self.is_residual = expansion > 1, stride == 1 and n_in == n_out
        if self.expands:
            self._expand_conv, self._bn0 = SameConv(n_in, width, 1), nn.BatchNorm2d(width, EPSILON)
        self._depthwise_conv = SameConv(width, width, kernel, stride, groups=width)
        self._bn1 = nn.BatchNorm2d(width, EPSILON)
        self._project_conv, self._bn2 = SameConv(width, n_out, 1), nn.BatchNorm2d(n_out, EPSILON)

    def forward(self, x: Tensor) -> Tensor:
        y = functional.relu6(self._bn0(self._expand_conv(x))) if self.expands else x
        y = functional.relu6(self._bn1(self._depthwise_conv(y)))
        y = self._bn2(self._project_conv(y))
        return x + y if self.is_residual else y


class EfficientNetLite0(nn.Module):
    """Photos (n, 224, 224, 3), red, green, blue from 0 to 255 → (n, 1280) pooled numbers, all from 0 to 6."""

    def __init__(self) -> None:
        super().__init__()
        self._conv_stem, self._bn0 = SameConv(3, _STEM, 3, 2), nn.BatchNorm2d(_STEM, EPSILON)
        blocks, n_in = [], _STEM
        for repeats, kernel, stride, expansion, n_out in _STAGES:
            for n in range(repeats):
                blocks.append(Block(n_in, n_out, kernel, stride if n == 0 else 1, expansion))
                n_in = n_out
        self._blocks = nn.ModuleList(blocks)
        self._conv_head, self._bn1 = SameConv(n_in, N_FEATURES, 1), nn.BatchNorm2d(N_FEATURES, EPSILON)
        self._fc = nn.Linear(N_FEATURES, N_CLASSES)

    def forward(self, photos: Tensor) -> Tensor:
        x = (photos.permute(0, 3, 1, 2).float() / 255 - MEAN) / STD
        x = functional.relu6(self._bn0(self._conv_stem(x)))
        for block in self._blocks:
            x = block(x)
        return functional.relu6(self._bn1(self._conv_head(x))).mean(dim=(2, 3))

    def classify(self, features: Tensor) -> Tensor:
        """Scores (n, 1000) of ImageNet's classes, before the softmax."""
        scores: Tensor = self._fc(features)
        return scores


def load_network(weights: Path) -> EfficientNetLite0:
    """The network with published weights, which a limited child opens. Raises BadArtifact, UnsafeFormat."""
    from safetensors.torch import load_file

    network = EfficientNetLite0().eval()
    with tempfile.TemporaryDirectory() as folder:
        safe = Path(folder, "weights.safetensors")
        convert_weights(weights, safe)
        try:
            network.load_state_dict(load_file(safe))
        except RuntimeError as error:
            raise BadArtifact(f"{weights.name} holds the weights of another network") from error
    return network


def export(source_folder: Path, target: Path) -> None:
    """`weights.pth` of the folder → an ONNX file: ``image`` (n, 224, 224, 3) uint8 → ``features`` (n, 1280), any n.

    The scaling of the colours is part of the graph; the layer that names ImageNet's classes is not.
    Raises BadArtifact, UnsafeFormat.
    """
    example = torch.zeros(2, CROP, CROP, 3, dtype=torch.uint8)
    write_graph(load_network(Path(source_folder) / WEIGHTS), target, {"image": example}, ["features"])
