"""The second way to train a network: the Trainer of Hugging Face transformers, without pickles and without the network.

Warm-up, linear schedule, logging every 10 steps, evaluation and a checkpoint after every epoch, the best model at the
end. The Trainer's own checkpoints hold pickled optimisers and generators; here the same facts are written as
safetensors and JSON and read back from them, so that a killed training goes on and nothing unsafe is left behind.
`accelerate launch` and torchrun work as with any Trainer.
"""

from __future__ import annotations

import contextlib
import json
import logging
import math
import os
import random
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.utils.data import Dataset

from mlops.ml.contract import UNLABELLED, Windows
from mlops.ml.torch_checkpoint import optimiser_from, optimiser_to
from mlops.ml.torch_loop import Tally, Training, WindowLoss, tensors_of, untouched_random

os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

from transformers import PrinterCallback, Trainer, TrainerCallback, TrainingArguments
from transformers.trainer_utils import get_last_checkpoint

LOG_EVERY = 10
STATE, FACTS, WEIGHTS = "training.safetensors", "training.json", "model.safetensors"


def train_with_trainer(training: Training) -> tuple[list[dict[str, float]], int]:
    """Train the network in place; return the curve and the position of the kept epoch."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(untouched_random())
        stack.enter_context(_quiet())
        root = training.checkpoint_dir
        if root is None:
            root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fitbalance-trainer-")))
        model = _WithLoss(training.network, training.loss())
        curve: list[dict[str, float]] = []
        trainer = _SafeTrainer(
            model=model,
            args=_arguments(training, root),
            train_dataset=_Items(training.train),
            eval_dataset=None if training.validation is None else _Items(training.validation),
            compute_metrics=_accuracy,
            callbacks=[_Teller(training, model, curve)],
        )
        trainer.remove_callback(PrinterCallback)
        trainer.curve, trainer.fingerprint = curve, training.fingerprint
        trainer.train(resume_from_checkpoint=_checkpoint_of(training, root, curve))
        training.network.cpu()
    keys = [(row.get("val_accuracy", 0.0), 0.0 if "val_accuracy" in row else -row["train_loss"]) for row in curve]
    best = keys.index(max(keys)) if training.validation is not None else len(curve) - 1
    return curve, best


def _arguments(training: Training, root: Path) -> TrainingArguments:
    config = training.config
    steps = math.ceil(len(training.train) / config.batch_size) * config.epochs
    judged = training.validation is not None
    return TrainingArguments(
        output_dir=str(root),
        num_train_epochs=config.epochs,
        per_device_train_batch_size=config.batch_size,
        per_device_eval_batch_size=256,
        learning_rate=config.learning_rate,
        weight_decay=config.weight_decay,
        warmup_steps=min(config.warmup_steps, steps // 5),
        logging_steps=LOG_EVERY,
        eval_strategy="epoch" if judged else "no",
        save_strategy="epoch",
        save_total_limit=1,
        load_best_model_at_end=judged,
        metric_for_best_model="accuracy" if judged else None,
        greater_is_better=True if judged else None,
        label_names=["labels"],
        remove_unused_columns=False,
        report_to="none",
        disable_tqdm=True,
        dataloader_num_workers=0,
        dataloader_pin_memory=False,
        seed=training.seed,
        data_seed=training.seed,
        push_to_hub=False,
    )


class _Items(Dataset[dict[str, Tensor]]):
    """Windows one by one, read when asked for."""

    def __init__(self, windows: Windows) -> None:
        self.windows = windows

    def __len__(self) -> int:
        return len(self.windows)

    def __getitem__(self, number: int) -> dict[str, Tensor]:
        x, y = tensors_of(self.windows, np.asarray([number]))
        return {"x": x[0], "labels": y[0]}


class _WithLoss(nn.Module):
    """What the Trainer calls: the network and its loss; counts right answers while it trains."""

    def __init__(self, network: nn.Module, loss: WindowLoss) -> None:
        super().__init__()
        self.network, self.loss_of = network, loss
        self.seen = Tally()

    def forward(self, x: Tensor, labels: Tensor) -> dict[str, Tensor]:
        logits = self.network(x)
        loss = self.loss_of(logits, labels)
        if self.training:
            self.seen.add(logits, labels, loss, len(x))
        return {"loss": loss, "logits": logits}


class _Teller(TrainerCallback):
    """Reports steps and epochs, and stops when the validation stays without a better epoch."""

    def __init__(self, training: Training, model: _WithLoss, curve: list[dict[str, float]]) -> None:
        self.training, self.model, self.curve = training, model, curve

    def on_step_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        self.training.on_step(int(state.global_step), int(state.max_steps))

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        self.model.seen = Tally()

    def on_epoch_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        rate = more["lr_scheduler"].get_last_lr()[0]
        self.row = {"epoch": len(self.curve) + 1.0, "learning_rate": float(rate), **self.model.seen.row("train")}
        if self.training.validation is None:
            self._finish(control)

    def on_evaluate(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        metrics = more["metrics"]
        self.row |= {"val_loss": float(metrics["eval_loss"]), "val_accuracy": float(metrics["eval_accuracy"])}
        self._finish(control)

    def _finish(self, control: Any) -> None:
        self.curve.append(self.row)
        self.training.on_epoch(self.row)
        patience = self.training.config.patience
        accuracies = [row.get("val_accuracy", -row["train_loss"]) for row in self.curve]
        if patience and len(accuracies) - 1 - accuracies.index(max(accuracies)) >= patience:
            control.should_training_stop = True


class _SafeTrainer(Trainer):
    """A Trainer whose checkpoints are safetensors and JSON alone."""

    curve: list[dict[str, float]]
    fingerprint: str

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        folder = Path(output_dir or self.args.output_dir or ".")
        folder.mkdir(parents=True, exist_ok=True)
        state = self.accelerator.unwrap_model(self.model).state_dict() if state_dict is None else state_dict
        save_file({name: value.contiguous() for name, value in state.items()}, folder / WEIGHTS)

    def _save_optimizer_and_scheduler(self, output_dir: str) -> None:
        if not self.args.should_save:
            return
        tensors, groups = optimiser_to(_plain(self.optimizer))
        numpy: Any = np.random.get_state()
        python = random.getstate()
        tensors["random"] = torch.random.get_rng_state()
        tensors["numpy"] = torch.from_numpy(np.asarray(numpy[1], np.int64))
        facts = {
            "fingerprint": self.fingerprint,
            "curve": self.curve,
            "groups": groups,
            "schedule": {k: v for k, v in self._schedule().state_dict().items() if k != "lr_lambdas"},
            "numpy": [numpy[0], *(float(part) if i else int(part) for i, part in enumerate(numpy[2:]))],
            "python": [python[0], list(python[1]), python[2]],
        }
        folder = Path(output_dir)
        save_file({name: value.contiguous() for name, value in tensors.items()}, folder / STATE)
        (folder / FACTS).write_text(json.dumps(facts, allow_nan=False), "utf-8")

    def _schedule(self) -> Any:
        return self.lr_scheduler

    def _save_rng_state(self, output_dir: str) -> None:
        """Written beside the optimiser."""

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
        facts, tensors = json.loads(Path(checkpoint, FACTS).read_text("utf-8")), load_file(Path(checkpoint, STATE))
        torch.random.set_rng_state(tensors["random"])
        name, position, has_gauss, gauss = facts["numpy"]
        keys = tensors["numpy"].numpy().astype(np.uint32)
        np.random.set_state((name, keys, int(position), int(has_gauss), gauss))
        random.setstate((facts["python"][0], tuple(facts["python"][1]), facts["python"][2]))

    def _load_scaler(self, checkpoint: str | None) -> None:
        """There is none."""


def _checkpoint_of(training: Training, root: Path, curve: list[dict[str, float]]) -> str | None:
    """Return the last whole checkpoint of this very training; its curve is put into `curve` and told again."""
    found = get_last_checkpoint(str(root)) if training.checkpoint_dir is not None and root.is_dir() else None
    facts = None if found is None else _facts_of(Path(found))
    if facts is None or facts["fingerprint"] != training.fingerprint:
        for old in root.glob("checkpoint-*"):
            shutil.rmtree(old, ignore_errors=True)
        return None
    curve += facts["curve"]
    for row in facts["curve"]:
        training.on_epoch(row)
    return found


def _facts_of(checkpoint: Path) -> dict[str, Any] | None:
    """Return what stands in `training.json` of a checkpoint that can be read as a whole, else None."""
    try:
        facts: dict[str, Any] = json.loads((checkpoint / FACTS).read_text("utf-8"))
        json.loads((checkpoint / "trainer_state.json").read_text("utf-8"))
        for name in (STATE, WEIGHTS):
            load_file(checkpoint / name)
        return facts if {"fingerprint", "curve", "groups", "schedule", "numpy", "python"} <= set(facts) else None
    except (OSError, ValueError, TypeError, SafetensorError):
        return None


def _plain(optimiser: Any) -> Any:
    """Return the torch optimiser below accelerate's."""
    return getattr(optimiser, "optimizer", optimiser)


def _accuracy(prediction: Any) -> dict[str, float]:
    """Share of right answers among what has a label."""
    logits = prediction.predictions[0] if isinstance(prediction.predictions, tuple) else prediction.predictions
    known = prediction.label_ids != UNLABELLED
    return {"accuracy": float((logits.argmax(-1) == prediction.label_ids)[known].mean())}


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the Trainer from printing: what it does is told by the callbacks."""
    from transformers.utils import logging as chatter

    before = chatter.get_verbosity()
    chatter.set_verbosity(logging.ERROR)
    try:
        yield
    finally:
        chatter.set_verbosity(before)
