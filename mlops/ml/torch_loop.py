"""The base of all torch estimators: two ways to train, safetensors weights, dynamo ONNX export.

A subclass brings a config that extends `LoopConfig` and a network that maps (batch, time, channels) to (batch,
classes) logits, or to (batch, time, classes) where every sample has a label.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from mlops.ml.contract import (
    UNLABELLED,
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
from mlops.ml.torch_checkpoint import (
    named,
    optimiser_from,
    optimiser_to,
    read_checkpoint,
    training_fingerprint,
    write_checkpoint,
)
from mlops.ml.torch_onnx import torch_threads, write_onnx

WEIGHTS_FILE = "model.safetensors"
SCORING_BATCH = 256


@dataclass(frozen=True)
class LoopConfig:
    """How a network is trained: AdamW with cosine annealing to zero, or the Trainer with a linear schedule."""

    trainer: str = option(
        "loop", "Who trains: the plain loop, or the Trainer of Hugging Face transformers", choices=("loop", "hf")
    )
    epochs: int = option(50, "Times the whole training set is seen", min=1, max=1000)
    batch_size: int = option(32, "Windows per step", min=1, max=4096)
    learning_rate: float = option(1e-3, "Largest step size of AdamW", min=1e-6, max=1.0)
    weight_decay: float = option(0.01, "Pull of the weights towards zero", min=0.0, max=1.0)
    warmup_steps: int = option(
        500, "Trainer only: steps in which the step size grows; at most a fifth of all", min=0, max=100_000
    )
    class_weights: bool = option(False, "Weigh rare classes more in the loss")
    patience: int = option(0, "Stop after so many epochs without a better validation; 0 = never", min=0, max=1000)
    threads: int = option(1, "Processor threads used in training", min=1, max=64)


@dataclass
class Training:
    """One fit of a network, as both ways of training are given it."""

    network: nn.Module
    train: Windows
    validation: Windows | None
    config: LoopConfig
    seed: int
    on_step: OnStep
    on_epoch: OnEpoch
    checkpoint_dir: Path | None
    fingerprint: str

    def loss(self) -> WindowLoss:
        y = torch.from_numpy(np.asarray(self.train.y)).reshape(-1)
        n_classes = len(self.train.labels)
        return WindowLoss(_class_weights(y[y >= 0], n_classes) if self.config.class_weights else torch.ones(n_classes))


class TorchEstimator(Estimator):
    """An estimator whose model is a torch network; the epoch with the best validation accuracy is kept."""

    resumable: ClassVar[bool] = True
    window_length: int = 0
    """Samples in a window, known before `build_network` is called."""

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
        self.window_length = train.x.shape[1]
        with torch_threads(self.config.threads), torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = self.build_network(train.x.shape[2], len(train.labels))
            fingerprint = training_fingerprint(self.name, self.config, seed, [train, validation])
            training = Training(
                network, train, validation, self.config, seed, on_step, on_epoch, self.checkpoint_dir, fingerprint
            )
            if self.config.trainer == "hf":
                from mlops.ml.torch_trainer import train_with_trainer

                curve, best = train_with_trainer(training)
            else:
                curve, best = train_plainly(training)
        self.network = network.eval()
        metrics = {k: v for k, v in curve[best].items() if k not in ("epoch", "learning_rate")}
        metrics["best_epoch"] = curve[best]["epoch"]
        return TrainingReport(metrics, curve, n_parameters=sum(p.numel() for p in network.parameters()))

    def _predict_proba(self, x: FloatArray) -> npt.NDArray[Any]:
        network = self._network()
        with torch_threads(self.config.threads):
            return torch.softmax(logits_of(network, x), dim=-1).numpy()

    def _save(self, directory: Path) -> None:
        state = {name: value.contiguous() for name, value in self._network().state_dict().items()}
        save_file(state, directory / WEIGHTS_FILE, metadata={"format": "pt"})

    def _load(self, directory: Path, window_shape: tuple[int, int]) -> None:
        self.window_length = window_shape[0]
        network = self.build_network(window_shape[1], len(self.labels))
        try:
            network.load_state_dict(load_file(directory / WEIGHTS_FILE))
        except Exception as error:  # safetensors' own error type is not an ordinary one
            raise BadArtifact(f"the weights of the saved {self.name} cannot be read: {error}") from error
        self.network = network.eval()

    def _export_onnx(self, path: Path, window_shape: tuple[int, int]) -> None:
        write_onnx(nn.Sequential(self._network(), nn.Softmax(dim=-1)), path, window_shape)

    def _network(self) -> nn.Module:
        if self.network is None:
            raise NotFitted(f"{self.name} has not been fitted or loaded")
        return self.network


def train_plainly(training: Training) -> tuple[list[dict[str, float]], int]:
    """Train the network in place with AdamW and cosine annealing; return the curve and the kept epoch's position."""
    network, config = training.network, training.config
    n_steps = len(batches(torch.arange(len(training.train)), config.batch_size))
    total = n_steps * config.epochs
    optimiser = torch.optim.AdamW(network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=total)
    loss_of = training.loss()
    order = torch.Generator().manual_seed(training.seed)
    progress = _Progress(network, optimiser, schedule, order)
    progress.go_on(training)
    while progress.epoch < config.epochs and not progress.is_stale(config.patience):
        network.train()
        rate, seen = schedule.get_last_lr()[0], Tally()
        shuffled = torch.randperm(len(training.train), generator=order)
        for step, batch in enumerate(batches(shuffled, config.batch_size)):
            x, y = tensors_of(training.train, batch.numpy())
            logits = network(x)
            loss = loss_of(logits, y)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            seen.add(logits, y, loss, len(batch))
            training.on_step(progress.epoch * n_steps + step + 1, total)
        row: dict[str, float] = {"epoch": progress.epoch + 1.0, "learning_rate": float(rate), **seen.row("train")}
        key = (0.0, -row["train_loss"])
        if training.validation is not None:
            row |= judge(network, training.validation, loss_of)
            key = (row["val_accuracy"], -row["val_loss"])
        progress.note(row, key)
        training.on_epoch(row)
        if training.checkpoint_dir is not None:
            progress.write(training)
    network.load_state_dict(progress.kept)
    return progress.curve, progress.best


class _Progress:
    """Where the plain loop stands: what a checkpoint holds."""

    def __init__(self, network: nn.Module, optimiser: Any, schedule: Any, order: torch.Generator) -> None:
        self.network, self.optimiser, self.schedule, self.order = network, optimiser, schedule, order
        self.epoch, self.best = 0, 0
        self.best_key: tuple[float, float] = (-float("inf"), -float("inf"))
        self.kept: Mapping[str, Tensor] = _copy(network)
        self.curve: list[dict[str, float]] = []

    def note(self, row: dict[str, float], key: tuple[float, float]) -> None:
        """Count a finished epoch and keep its weights when it is the best so far."""
        self.curve.append(row)
        if key > self.best_key:
            self.best, self.best_key, self.kept = self.epoch, key, _copy(self.network)
        self.epoch += 1

    def is_stale(self, patience: int) -> bool:
        return bool(patience) and self.epoch - 1 - self.best >= patience

    def write(self, training: Training) -> None:
        assert training.checkpoint_dir is not None
        optimiser, groups = optimiser_to(self.optimiser)
        tensors = {
            **{f"network.{name}": value for name, value in self.network.state_dict().items()},
            **{f"kept.{name}": value for name, value in self.kept.items()},
            **optimiser,
            "random": torch.get_rng_state(),
            "order": self.order.get_state(),
        }
        facts = {
            "curve": self.curve,
            "best": self.best,
            "best_key": list(self.best_key),
            "groups": groups,
            "schedule": self.schedule.state_dict(),
        }
        write_checkpoint(training.checkpoint_dir, self.epoch, training.fingerprint, tensors, facts)

    def go_on(self, training: Training) -> None:
        """Continue from the last checkpoint of the same training, where there is one."""
        if training.checkpoint_dir is None:
            return
        found = read_checkpoint(training.checkpoint_dir, training.fingerprint)
        if found is None:
            return
        tensors, facts = found
        self.network.load_state_dict(named("network.", tensors))
        self.kept = named("kept.", tensors)
        optimiser_from(self.optimiser, tensors, facts["groups"])
        self.schedule.load_state_dict(facts["schedule"])
        torch.set_rng_state(tensors["random"])
        self.order.set_state(tensors["order"])
        self.epoch, self.best, self.curve = facts["epoch"], facts["best"], facts["curve"]
        self.best_key = (facts["best_key"][0], facts["best_key"][1])
        for row in self.curve:
            training.on_epoch(row)


class WindowLoss(nn.Module):
    """Cross-entropy of logits (…, classes) against labels (…), averaged over what has a label."""

    weights: Tensor

    def __init__(self, weights: Tensor) -> None:
        super().__init__()
        self.register_buffer("weights", weights, persistent=False)

    def forward(self, logits: Tensor, y: Tensor) -> Tensor:
        logits, y = logits.reshape(-1, logits.shape[-1]), y.reshape(-1)
        summed = nn.functional.cross_entropy(logits, y, self.weights, ignore_index=UNLABELLED, reduction="sum")
        labelled = y[y != UNLABELLED]
        return summed / self.weights[labelled].sum().clamp(min=1e-8)


class Tally:
    """Loss and right answers of one epoch, summed up batch by batch."""

    def __init__(self) -> None:
        self.loss, self.n_windows, self.n_right, self.n_labelled = 0.0, 0, 0, 0

    def add(self, logits: Tensor, y: Tensor, loss: Tensor, n: int) -> None:
        known = y != UNLABELLED
        self.loss += float(loss.detach()) * n
        self.n_windows += n
        self.n_right += int((logits.detach().argmax(-1) == y)[known].sum())
        self.n_labelled += int(known.sum())

    def row(self, part: str) -> dict[str, float]:
        return {
            f"{part}_loss": self.loss / max(1, self.n_windows),
            f"{part}_accuracy": self.n_right / max(1, self.n_labelled),
        }


def judge(network: nn.Module, windows: Windows, loss_of: nn.Module) -> dict[str, float]:
    """Return ``val_loss`` and ``val_accuracy`` of a network."""
    logits, y = logits_of(network, windows.x), torch.from_numpy(np.asarray(windows.y))
    known = y != UNLABELLED
    right = (logits.argmax(-1) == y)[known]
    return {"val_loss": float(loss_of(logits, y)), "val_accuracy": float(right.float().mean())}


def logits_of(network: nn.Module, x: FloatArray) -> Tensor:
    """Return the logits of all windows, computed in batches without gradients."""
    network.eval()
    with torch.no_grad():
        parts = range(0, len(x), SCORING_BATCH)
        return torch.cat([network(torch.from_numpy(np.array(x[at : at + SCORING_BATCH], np.float32))) for at in parts])


def tensors_of(windows: Windows, which: npt.NDArray[Any]) -> tuple[Tensor, Tensor]:
    """Return some windows and their labels; only these are read from the array, which may lie on disk."""
    assert windows.y is not None
    return torch.from_numpy(np.array(windows.x[which], np.float32)), torch.from_numpy(np.asarray(windows.y[which]))


def batches(order: Tensor, size: int) -> list[Tensor]:
    """Cut an order into batches; a single window at the end joins its neighbours (it has no batch statistics)."""
    parts = list(order.split(size))
    if len(parts) > 1 and len(parts[-1]) == 1:
        parts[-2:] = [torch.cat(parts[-2:])]
    return parts


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


def _class_weights(y: Tensor, n_classes: int) -> Tensor:
    """Inverse frequency, 1 on average over the windows; a class without windows weighs nothing."""
    counts = torch.bincount(y, minlength=n_classes).float()
    weights = torch.where(counts > 0, len(y) / counts.clamp(min=1), torch.zeros(()))
    return weights / (counts > 0).sum()


def _copy(network: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in network.state_dict().items()}
