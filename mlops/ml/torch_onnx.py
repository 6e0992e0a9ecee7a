"""ONNX of torch networks through the dynamo exporter, without its chatter."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy.typing as npt
import torch
from torch import Tensor, nn

from mlops.ml.heads import Head
from mlops.ml.torch_heads import Outputs, split

MASK = "mask"
"""The input that says which moments there are; where there is one, time is dynamic."""


class Answering(nn.Module):
    """A network together with how its outputs become answers; `names` are those of the answers."""

    def __init__(self, network: nn.Module, heads: Sequence[Head], answers_of: Callable[[Outputs], Outputs]) -> None:
        super().__init__()
        self.network, self.heads, self.answers_of = network, tuple(heads), answers_of
        self.names: list[str] = []

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        answers = self.answers_of(split(self.network(*inputs), self.heads))
        self.names = list(answers)
        return tuple(answers.values())


def export_network(network: Answering, path: Path, inputs: Mapping[str, npt.NDArray[Any]]) -> None:
    """Export as one file with the names of the inputs and answers; any batch, and any time where there is a mask."""
    network.eval()
    example = tuple(torch.from_numpy(value) for value in inputs.values())
    with torch.no_grad():
        network(*example)
    batch, time = torch.export.Dim("batch", min=1), torch.export.Dim.DYNAMIC
    axes = {0: batch, 1: time} if MASK in inputs else {0: batch}
    _export(network, path, example, list(inputs), network.names, (tuple(dict(axes) for _ in example),))


def write_onnx(network: nn.Module, path: Path, window_shape: tuple[int, int]) -> None:
    """Export a network of windows: ``input`` (batch, time, channels) → ``probabilities``, any batch."""
    network.eval()
    batch = torch.export.Dim("batch", min=1)
    _export(network, path, (torch.zeros(2, *window_shape),), ["input"], ["probabilities"], ({0: batch},))


def write_graph(network: nn.Module, path: Path, inputs: Mapping[str, Tensor], outputs: list[str]) -> None:
    """Export a network as it is, for any batch: inputs by name, each two rows each, and names of its outputs."""
    network.eval()
    batch = torch.export.Dim("batch", min=1)
    _export(network, path, tuple(inputs.values()), list(inputs), outputs, tuple({0: batch} for _ in inputs))


def _export(
    network: nn.Module, path: Path, example: tuple[Tensor, ...], inputs: list[str], outputs: list[str], axes: Any
) -> None:
    torch.ops.aten.lstm.input._dispatch_cache.clear()  # an earlier export leaves an LSTM that is unrolled over time
    with torch.no_grad(), warnings.catch_warnings(), _quiet("torch.onnx"), _quiet("onnx_ir"), _quiet("onnxscript"):
        warnings.simplefilter("ignore")  # the exporter warns about its own internals
        torch.onnx.export(
            network,
            example,
            str(path),
            dynamo=True,
            input_names=inputs,
            output_names=outputs,
            dynamic_shapes=axes,
            external_data=False,
            verbose=False,
        )


@contextmanager
def torch_threads(n: int) -> Iterator[None]:
    """Let torch use `n` threads inside the block."""
    before = torch.get_num_threads()
    torch.set_num_threads(n)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def _quiet(name: str) -> Iterator[None]:
    """Let a logger speak of errors only, inside the block."""
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)
