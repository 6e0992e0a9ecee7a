"""A Trainer whose checkpoints are safetensors and JSON alone, and how a killed training finds the last whole one."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from transformers import Trainer

from mlops.ml.torch_checkpoint import optimiser_from, optimiser_to
from mlops.ml.torch_training import Training

STATE, FACTS, WEIGHTS = "training.safetensors", "training.json", "model.safetensors"


class SafeTrainer(Trainer):
    """A Trainer whose checkpoints are safetensors and JSON alone, and that judges as the plain loop does."""

    curve: list[dict[str, float]]
    training: Training

    def evaluate(
        self, eval_dataset: Any = None, ignore_keys: Any = None, metric_key_prefix: str = "eval"
    ) -> dict[str, float]:
        found = self.training.judge()
        metrics = {name.replace("val_", f"{metric_key_prefix}_", 1): value for name, value in found.items()}
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        if not self.args.should_save:
            return  # every process is asked, and running statistics differ between them
        folder = Path(output_dir or self.args.output_dir or ".")
        folder.mkdir(parents=True, exist_ok=True)
        state = self.accelerator.unwrap_model(self.model).state_dict() if state_dict is None else state_dict
        save_file({name: value.contiguous() for name, value in state.items()}, folder / WEIGHTS)

    def _save_optimizer_and_scheduler(self, output_dir: str) -> None:
        if not self.args.should_save:
            return
        tensors, groups = optimiser_to(_plain(self.optimizer))
        facts = {
            "fingerprint": self.training.fingerprint,
            "curve": self.curve,
            "groups": groups,
            "schedule": {k: v for k, v in self._schedule().state_dict().items() if k != "lr_lambdas"},
        }
        folder = Path(output_dir)
        save_file({name: value.contiguous() for name, value in tensors.items()}, folder / STATE)
        (folder / FACTS).write_text(json.dumps(facts, allow_nan=False), "utf-8")

    def _schedule(self) -> Any:
        return self.lr_scheduler

    def _save_rng_state(self, output_dir: str) -> None:
        """Every process writes its own."""
        numpy: Any = np.random.get_state()
        python = random.getstate()
        tensors = {"torch": torch.random.get_rng_state(), "numpy": torch.from_numpy(np.asarray(numpy[1], np.int64))}
        facts = {
            "numpy": [numpy[0], *(float(part) if i else int(part) for i, part in enumerate(numpy[2:]))],
            "python": [python[0], list(python[1]), python[2]],
        }
        folder = Path(output_dir)
        folder.mkdir(parents=True, exist_ok=True)
        path = _random_file(folder, self.training.processes.rank)
        save_file(tensors, path.with_suffix(".safetensors"))
        path.with_suffix(".json").write_text(json.dumps(facts), "utf-8")

    def _save_scaler(self, output_dir: str) -> None:
        """Training is in float32: there is none."""

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        if checkpoint is None:
            return
        facts = json.loads(Path(checkpoint, FACTS).read_text("utf-8"))
        optimiser_from(_plain(self.optimizer), load_file(Path(checkpoint, STATE)), facts["groups"])
        schedule = self._schedule()
        schedule.load_state_dict({**schedule.state_dict(), **facts["schedule"]})

    def _load_rng_state(self, checkpoint: str | None) -> None:
        if checkpoint is None:
            return
        path = _random_file(Path(checkpoint), self.training.processes.rank)
        facts = json.loads(path.with_suffix(".json").read_text("utf-8"))
        tensors = load_file(path.with_suffix(".safetensors"))
        torch.random.set_rng_state(tensors["torch"])
        name, position, has_gauss, gauss = facts["numpy"]
        keys = tensors["numpy"].numpy().astype(np.uint32)
        np.random.set_state((name, keys, int(position), int(has_gauss), gauss))
        random.setstate((facts["python"][0], tuple(facts["python"][1]), facts["python"][2]))

    def _load_scaler(self, checkpoint: str | None) -> None:
        """There is none."""


def checkpoint_of(training: Training, root: Path, curve: list[dict[str, float]]) -> str | None:
    """Return the last whole checkpoint of this very training; its curve is put into `curve` and told again.

    The first process looks and removes what is of no use: half-written ones and those of another training. All go on
    from what it finds.
    """
    looks = training.checkpoint_dir is not None
    found, facts = training.processes.from_first(lambda: _newest(training, root) if looks else (None, {}))
    curve += facts.get("curve", [])
    for row in curve:
        training.on_epoch(row)
    return found


def _newest(training: Training, root: Path) -> tuple[str | None, dict[str, Any]]:
    """The newest checkpoint that can be used, with what its `training.json` says."""
    folders = sorted(root.glob("checkpoint-*"), key=lambda path: int(path.name.rpartition("-")[2]), reverse=True)
    for folder in folders:
        facts = _facts_of(folder, training.processes.world)
        if facts is not None and facts["fingerprint"] == training.fingerprint:
            return str(folder), facts
        shutil.rmtree(folder, ignore_errors=True)
    return None, {}


def _facts_of(checkpoint: Path, world: int) -> dict[str, Any] | None:
    """Return what stands in `training.json` of a checkpoint that can be read as a whole, else None."""
    generators = [_random_file(checkpoint, rank) for rank in range(world)]
    try:
        facts: dict[str, Any] = json.loads((checkpoint / FACTS).read_text("utf-8"))
        for path in (checkpoint / "trainer_state.json", *(path.with_suffix(".json") for path in generators)):
            json.loads(path.read_text("utf-8"))
        for path in (checkpoint / STATE, checkpoint / WEIGHTS, *(p.with_suffix(".safetensors") for p in generators)):
            load_file(path)
        return facts if {"fingerprint", "curve", "groups", "schedule"} <= set(facts) else None
    except (OSError, ValueError, TypeError, SafetensorError):
        return None


def _plain(optimiser: Any) -> Any:
    """Return the torch optimiser below accelerate's."""
    return getattr(optimiser, "optimizer", optimiser)


def _random_file(checkpoint: Path, rank: int) -> Path:
    """Where a process keeps its generators, but for the suffix."""
    return checkpoint / f"random-{rank}"
