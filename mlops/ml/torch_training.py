"""One training of a network, as both ways of training are given it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from mlops.ml.contract import OnEpoch, OnStep, option
from mlops.ml.heads import LABEL, Head
from mlops.ml.torch_heads import Outputs, Tally, split
from mlops.ml.torch_processes import Processes

Key = tuple[float, ...]


@dataclass(frozen=True)
class LoopConfig:
    """How a network is trained: AdamW with cosine annealing to zero, or the Trainer with a linear schedule."""

    trainer: str = option(
        "loop", "Who trains: the plain loop, or the Trainer of Hugging Face transformers", choices=("loop", "hf")
    )
    epochs: int = option(50, "Passes over the training set", min=1, max=1000)
    batch_size: int = option(32, "Examples per step", min=1, max=4096)
    learning_rate: float = option(1e-3, "Peak learning rate of AdamW", min=1e-6, max=1.0)
    weight_decay: float = option(0.01, "Weight decay", min=0.0, max=1.0)
    warmup_steps: int = option(
        500, "Trainer only: steps in which the step size grows; at most a fifth of all", min=0, max=100_000
    )
    class_weights: bool = option(False, "Give rare classes more weight in the loss")
    patience: int = option(0, "Early stopping: epochs without improvement; 0 = off", min=0, max=1000)
    threads: int = option(1, "Processor threads used in training", min=1, max=64)


FINE_EPOCHS, FINE_RATE = 0.3, 0.3
"""Of the epochs and of the learning rate, when a network only learns what is new."""


def fine_tuning(config: Any) -> Any:
    """The same settings for a network that has learned already."""
    epochs = max(1, math.ceil(config.epochs * FINE_EPOCHS))
    return replace(config, epochs=epochs, learning_rate=max(1e-6, config.learning_rate * FINE_RATE))


@dataclass
class Training:
    """One fit of a network.

    loss       called as ``loss(outputs, targets)`` with one tensor by the name of each head
    inputs     ``inputs(data, which)``: a network's inputs for some examples
    targets    ``targets(data, which)``: their truth by head
    processes  the other processes of this training, if any
    decider    the validation figure that decides which epoch is kept, the least is best; "" for accuracy or loss
    """

    network: nn.Module
    loss: nn.Module
    heads: tuple[Head, ...]
    train: Any
    validation: Any
    inputs: Callable[[Any, npt.NDArray[Any]], tuple[Tensor, ...]]
    targets: Callable[[Any, npt.NDArray[Any]], Outputs]
    scoring_batch: int
    config: Any
    seed: int
    on_step: OnStep
    on_epoch: OnEpoch
    checkpoint_dir: Path | None
    fingerprint: str
    processes: Processes
    decider: str = ""

    @property
    def batch_size(self) -> int:
        """Examples per step, of all processes together; each has at least one."""
        return max(int(self.config.batch_size), self.processes.world)

    @property
    def accuracy_decides(self) -> bool:
        """Whether the kept epoch is the one with the best accuracy (one label) rather than the least loss."""
        return not self.decider and len(self.heads) == 1 and self.heads[0].kind == LABEL

    @property
    def decides(self) -> str:
        """The validation figure that decides, without its "val_"."""
        return self.decider or ("accuracy" if self.accuracy_decides else "loss")

    def outputs(self, network: Any, inputs: tuple[Tensor, ...]) -> Outputs:
        """What a network answers, by head."""
        return split(network(*inputs), self.heads)

    def key(self, row: Mapping[str, float]) -> Key:
        """How good an epoch is: the larger, the better."""
        if self.validation is None:
            return (0.0, -row["train_loss"])
        if self.accuracy_decides:
            return (row["val_accuracy"], -row["val_loss"])
        return (0.0, -row[f"val_{self.decides}"])

    def judge(self) -> dict[str, float]:
        """``val_loss`` and how right each head is on the validation examples; judged by the first process for all."""
        return self.processes.from_first(self._judge)

    def _judge(self) -> dict[str, float]:
        tally = Tally(self.heads)
        self.network.eval()
        with torch.no_grad():
            for which in in_batches(len(self.validation), self.scoring_batch):
                targets = self.targets(self.validation, which)
                outputs = self.outputs(self.network, self.inputs(self.validation, which))
                tally.add(outputs, targets, float(self.loss(outputs, targets)), len(which))
        return tally.row("val")


def in_batches(n: int, size: int) -> Iterator[npt.NDArray[np.int64]]:
    """Positions 0 … n in batches."""
    for at in range(0, n, size):
        yield np.arange(at, min(at + size, n))


@contextmanager
def untouched_random() -> Iterator[None]:
    """Leave the generators of torch, NumPy and Python as they were before the block."""
    import random

    python, numpy = random.getstate(), np.random.get_state()
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)
