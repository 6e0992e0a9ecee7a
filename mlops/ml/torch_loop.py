"""The base of all torch estimators: one plain training loop, safetensors weights, dynamo ONNX export.

A subclass brings a config that extends `LoopConfig` and a network that maps (batch, time, channels) to
(batch, classes) logits.
"""

from __future__ import annotations

import logging
import warnings
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from mlops.ml.contract import (
    BadArtifact,
    Estimator,
    FloatArray,
    NotFitted,
    OnEpoch,
    OnStep,
    TrainingReport,
    Windows,
    option,
)

WEIGHTS_FILE = "model.safetensors"
_SCORING_BATCH = 256


@dataclass(frozen=True)
class LoopConfig:
    """How the plain loop trains: AdamW with cosine annealing to zero over all steps."""

    epochs: int = option(50, "Times the whole training set is seen", min=1, max=1000)
    batch_size: int = option(32, "Windows per step", min=1, max=4096)
    learning_rate: float = option(1e-3, "Step size of AdamW at the start", min=1e-6, max=1.0)
    weight_decay: float = option(0.01, "Pull of the weights towards zero", min=0.0, max=1.0)
    class_weights: bool = option(False, "Weigh rare classes more in the loss")
    patience: int = option(0, "Stop after so many epochs without a better validation; 0 = never", min=0, max=1000)
    threads: int = option(1, "Processor threads used in training", min=1, max=64)


class TorchEstimator(Estimator):
    """An estimator whose model is a torch network; the epoch with the best validation accuracy is kept."""

    def __init__(self, config: Any = None, *, labels: Any = ()) -> None:
        super().__init__(config, labels=labels)
        self.network: nn.Module | None = None

    @abstractmethod
    def build_network(self, n_channels: int, n_classes: int) -> nn.Module:
        """Return a fresh network from (batch, time, channels) float32 to (batch, classes) logits."""

    def _fit(
        self, train: Windows, validation: Windows | None, on_step: OnStep, on_epoch: OnEpoch, seed: int
    ) -> TrainingReport:
        self.network = None
        with torch_threads(self.config.threads), torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = self.build_network(train.x.shape[2], len(train.labels))
            curve, best = self._loop(network, train, validation, on_step, on_epoch, seed)
        self.network = network.eval()
        metrics = {k: v for k, v in curve[best].items() if k not in ("epoch", "learning_rate")}
        metrics["best_epoch"] = curve[best]["epoch"]
        return TrainingReport(metrics, curve, n_parameters=sum(p.numel() for p in network.parameters()))

    def _loop(
        self,
        network: nn.Module,
        train: Windows,
        validation: Windows | None,
        on_step: OnStep,
        on_epoch: OnEpoch,
        seed: int,
    ) -> tuple[list[dict[str, float]], int]:
        """Train `network` in place; return the curve and the position of the kept epoch."""
        config = self.config
        x, y = torch.from_numpy(np.ascontiguousarray(train.x)), torch.from_numpy(np.asarray(train.y))
        n_steps = len(_batches(torch.arange(len(train)), config.batch_size))
        total = n_steps * config.epochs
        optimiser = torch.optim.AdamW(
            network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
        )
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=total)
        weights = _class_weights(y, len(train.labels)) if config.class_weights else None
        loss_of = nn.CrossEntropyLoss(weight=weights)
        order = torch.Generator().manual_seed(seed)
        curve: list[dict[str, float]] = []
        best, best_key, kept = 0, (-float("inf"), -float("inf")), _copy(network)
        for epoch in range(config.epochs):
            network.train()
            rate = schedule.get_last_lr()[0]
            loss_sum, n_correct, n_seen = 0.0, 0, 0
            for step, batch in enumerate(_batches(torch.randperm(len(train), generator=order), config.batch_size)):
                logits = network(x[batch])
                loss = loss_of(logits, y[batch])
                optimiser.zero_grad(set_to_none=True)
                loss.backward()
                nn.utils.clip_grad_norm_(network.parameters(), 1.0)
                optimiser.step()
                schedule.step()
                loss_sum += loss.item() * len(batch)
                n_correct += int((logits.argmax(1) == y[batch]).sum())
                n_seen += len(batch)
                on_step(epoch * n_steps + step + 1, total)
            row: dict[str, float] = {
                "epoch": float(epoch + 1),
                "learning_rate": float(rate),
                "train_loss": loss_sum / n_seen,
                "train_accuracy": n_correct / n_seen,
            }
            key = (0.0, -row["train_loss"])
            if validation is not None:
                row |= _judge(network, validation, loss_of)
                key = (row["val_accuracy"], -row["val_loss"])
            curve.append(row)
            on_epoch(row)
            if key > best_key:
                best, best_key, kept = epoch, key, _copy(network)
            elif config.patience and epoch - best >= config.patience:
                break
        network.load_state_dict(kept)
        return curve, best

    def _predict_proba(self, x: FloatArray) -> npt.NDArray[Any]:
        network = self._network()
        with torch_threads(self.config.threads):
            return torch.softmax(_logits(network, x), dim=1).numpy()

    def _save(self, directory: Path) -> None:
        state = {name: value.contiguous() for name, value in self._network().state_dict().items()}
        save_file(state, directory / WEIGHTS_FILE)

    def _load(self, directory: Path, window_shape: tuple[int, int]) -> None:
        network = self.build_network(window_shape[1], len(self.labels))
        try:
            network.load_state_dict(load_file(directory / WEIGHTS_FILE))
        except Exception as error:  # safetensors' own error type is not an ordinary one
            raise BadArtifact(f"the weights of the saved {self.name} cannot be read: {error}") from error
        self.network = network.eval()

    def _export_onnx(self, path: Path, window_shape: tuple[int, int]) -> None:
        write_onnx(nn.Sequential(self._network(), nn.Softmax(dim=1)), path, window_shape)

    def _network(self) -> nn.Module:
        if self.network is None:
            raise NotFitted(f"{self.name} has not been fitted or loaded")
        return self.network


def write_onnx(network: nn.Module, path: Path, window_shape: tuple[int, int]) -> None:
    """Export a network as one file: ``input`` (batch, time, channels) → ``probabilities``, any batch."""
    network.eval()
    example = torch.zeros(2, *window_shape)
    batch = torch.export.Dim("batch", min=1)
    with torch.no_grad(), warnings.catch_warnings(), _quiet("torch.onnx"), _quiet("onnx_ir"):
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


def _batches(order: Tensor, size: int) -> list[Tensor]:
    """Cut an order into batches; a single window at the end joins its neighbours (it has no batch statistics)."""
    parts = list(order.split(size))
    if len(parts) > 1 and len(parts[-1]) == 1:
        parts[-2:] = [torch.cat(parts[-2:])]
    return parts


def _logits(network: nn.Module, x: FloatArray) -> Tensor:
    network.eval()
    with torch.no_grad():
        parts = torch.from_numpy(np.array(x, np.float32)).split(_SCORING_BATCH)
        return torch.cat([network(part) for part in parts])


def _judge(network: nn.Module, windows: Windows, loss_of: nn.Module) -> dict[str, float]:
    logits, y = _logits(network, windows.x), torch.from_numpy(np.asarray(windows.y))
    accuracy = float((logits.argmax(1) == y).float().mean())
    return {"val_loss": float(loss_of(logits, y)), "val_accuracy": accuracy}


def _class_weights(y: Tensor, n_classes: int) -> Tensor:
    """Inverse frequency, 1 on average over the windows; a class without windows weighs nothing."""
    counts = torch.bincount(y, minlength=n_classes).float()
    weights = torch.where(counts > 0, len(y) / counts.clamp(min=1), torch.zeros(()))
    return weights / (counts > 0).sum()


def _copy(network: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in network.state_dict().items()}
