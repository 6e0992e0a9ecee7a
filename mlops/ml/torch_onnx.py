"""ONNX of torch networks through the dynamo exporter, without its chatter."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import nn


def write_onnx(network: nn.Module, path: Path, window_shape: tuple[int, int]) -> None:
    """Export a network as one file: ``input`` (batch, time, channels) → ``probabilities``, any batch."""
    network.eval()
    example = torch.zeros(2, *window_shape)
    batch = torch.export.Dim("batch", min=1)
    with torch.no_grad(), warnings.catch_warnings(), _quiet("torch.onnx"), _quiet("onnx_ir"), _quiet("onnxscript"):
        warnings.simplefilter("ignore")  # the exporter warns about its own internals
        torch.onnx.export(
            network,
            (example,),
            str(path),
            dynamo=True,
            input_names=["input"],
            output_names=["probabilities"],
            dynamic_shapes=({0: batch},),
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
