"""The plain way to train: AdamW with cosine annealing to zero, in one process or several."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from mlops.ml.torch_checkpoint import named, optimiser_from, optimiser_to, read_checkpoint, write_checkpoint
from mlops.ml.torch_heads import Tally
from mlops.ml.torch_training import Key, Training

LARGEST_GRADIENT = 1.0


def train_plainly(training: Training) -> tuple[list[dict[str, float]], int]:
    """Train the network in place; return the curve and the position of the kept epoch.

    Several processes take every step together, each with its part of the batch, and end with the same network.
    """
    network, config, processes = training.network, training.config, training.processes
    n, size, least = len(training.train), training.batch_size, 2 * processes.world
    n_steps = len(batches(torch.arange(n), size, least))
    total = n_steps * config.epochs
    optimiser = torch.optim.AdamW(network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=total)
    order = torch.Generator().manual_seed(training.seed)
    called = processes.wrap(network)
    progress = _Progress(network, optimiser, schedule, order)
    progress.go_on(training)
    while progress.epoch < config.epochs and not progress.is_stale(config.patience):
        called.train()
        rate, seen = schedule.get_last_lr()[0], Tally(training.heads)
        for step, batch in enumerate(batches(torch.randperm(n, generator=order), size, least)):
            own = processes.share(batch)
            which = own.numpy()
            targets = training.targets(training.train, which)
            outputs = training.outputs(called, training.inputs(training.train, which))
            loss = training.loss(outputs, targets)
            optimiser.zero_grad(set_to_none=True)
            (loss * (len(own) * processes.world / len(batch))).backward()
            nn.utils.clip_grad_norm_(network.parameters(), LARGEST_GRADIENT)
            optimiser.step()
            schedule.step()
            seen.add(outputs, targets, float(loss.detach()), len(own))
            training.on_step(progress.epoch * n_steps + step + 1, total)
        seen.sums = processes.totals(seen.sums)
        row: dict[str, float] = {"epoch": progress.epoch + 1.0, "learning_rate": float(rate), **seen.row("train")}
        if training.validation is not None:
            row |= training.judge()
        progress.note(row, training.key(row))
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
        self.best_key: Key = (-float("inf"), -float("inf"))
        self.kept: Mapping[str, Tensor] = _copy(network)
        self.curve: list[dict[str, float]] = []

    def note(self, row: dict[str, float], key: Key) -> None:
        """Count a finished epoch and keep its weights when it is the best so far."""
        self.curve.append(row)
        if key > self.best_key:
            self.best, self.best_key, self.kept = self.epoch, key, _copy(self.network)
        self.epoch += 1

    def is_stale(self, patience: int) -> bool:
        return bool(patience) and self.epoch - 1 - self.best >= patience

    def write(self, training: Training) -> None:
        """Leave a checkpoint: the first process writes, each one's generator is in it."""
        assert training.checkpoint_dir is not None
        generators = training.processes.gathered(torch.get_rng_state())
        if training.processes.rank:
            return
        optimiser, groups = optimiser_to(self.optimiser)
        tensors = {
            **{f"network.{name}": value for name, value in self.network.state_dict().items()},
            **{f"kept.{name}": value for name, value in self.kept.items()},
            **optimiser,
            **{f"random.{rank}": state for rank, state in enumerate(generators)},
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
        torch.set_rng_state(tensors[f"random.{training.processes.rank}"])
        self.order.set_state(tensors["order"])
        self.epoch, self.best, self.curve = facts["epoch"], facts["best"], facts["curve"]
        self.best_key = (facts["best_key"][0], facts["best_key"][1])
        for row in self.curve:
            training.on_epoch(row)


def batches(order: Tensor, size: int, least: int = 2) -> list[Tensor]:
    """Cut an order into batches; fewer than `least` examples at the end join their neighbours (one alone has no batch
    statistics, and every process wants its part)."""
    parts = list(order.split(size))
    if len(parts) > 1 and len(parts[-1]) < least:
        parts[-2:] = [torch.cat(parts[-2:])]
    return parts


def _copy(network: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in network.state_dict().items()}
