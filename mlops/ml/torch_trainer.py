"""The second way to train a network: the Trainer of Hugging Face transformers, without pickles and without the network.

Warm-up, linear schedule, logging every 10 steps, evaluation and a checkpoint after every epoch, the best model at the
end. The Trainer's own checkpoints hold pickled optimisers and generators; here the same facts are written as
safetensors and JSON and read back from them, so that a killed training goes on and nothing unsafe is left behind.
In several processes (`mlops.ml.launch`) the Trainer finds the others by itself.
"""

from __future__ import annotations

import contextlib
import logging
import math
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor, nn
from torch.utils.data import Dataset

from mlops.ml.torch_heads import Outputs, Tally
from mlops.ml.torch_training import Training, untouched_random

os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

from transformers import PrinterCallback, TrainerCallback, TrainingArguments

from mlops.ml.torch_safe_trainer import SafeTrainer, checkpoint_of

LOG_EVERY = 10


def train_with_trainer(training: Training) -> tuple[list[dict[str, float]], int]:
    """Train the network in place; return the curve and the position of the kept epoch."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(untouched_random())
        stack.enter_context(_quiet())
        root = training.checkpoint_dir
        if root is None:
            root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fitbalance-trainer-")))
        model = _WithLoss(training)
        curve: list[dict[str, float]] = []
        trainer = SafeTrainer(
            model=model,
            args=_arguments(training, root),
            train_dataset=_Positions(len(training.train)),
            eval_dataset=None if training.validation is None else _Positions(len(training.validation)),
            data_collator=_Collation(training),
            callbacks=[_Teller(training, model, curve)],
        )
        trainer.remove_callback(PrinterCallback)
        trainer.curve, trainer.training = curve, training
        trainer.train(resume_from_checkpoint=checkpoint_of(training, root, curve))
        training.network.cpu()
    worths = [_worth(training, row) for row in curve]
    return curve, worths.index(max(worths)) if training.validation is not None else len(curve) - 1


def _worth(training: Training, row: dict[str, float]) -> float:
    """What the Trainer compares epochs by: the larger, the better."""
    if training.validation is None:
        return -row["train_loss"]
    value = row[f"val_{training.decides}"]
    return value if training.accuracy_decides else -value


def _arguments(training: Training, root: Path) -> TrainingArguments:
    config = training.config
    world = training.processes.world
    each = math.ceil(training.batch_size / world)
    steps = math.ceil(len(training.train) / (each * world)) * config.epochs
    judged, by_accuracy = training.validation is not None, training.accuracy_decides
    return TrainingArguments(
        output_dir=str(root),
        num_train_epochs=config.epochs,
        per_device_train_batch_size=each,
        learning_rate=config.learning_rate,
        weight_decay=config.weight_decay,
        warmup_steps=min(config.warmup_steps, steps // 5),
        logging_steps=LOG_EVERY,
        eval_strategy="epoch" if judged else "no",
        save_strategy="epoch",
        save_total_limit=1,
        load_best_model_at_end=judged,
        metric_for_best_model=training.decides if judged else None,
        greater_is_better=by_accuracy if judged else None,
        remove_unused_columns=False,
        report_to="none",
        disable_tqdm=True,
        dataloader_num_workers=0,
        dataloader_pin_memory=False,
        seed=training.seed,
        data_seed=training.seed,
        push_to_hub=False,
        use_cpu=world > 1,
        ddp_backend="gloo" if world > 1 else None,
    )


class _Positions(Dataset[int]):
    """The numbers of the examples; what they stand for is read when a batch is made."""

    def __init__(self, n: int) -> None:
        self.n = n

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, number: int) -> int:
        return number


class _Collation:
    """Numbers of examples → what the network and its loss are called with."""

    def __init__(self, training: Training) -> None:
        self.training = training

    def __call__(self, numbers: list[int]) -> dict[str, Any]:
        which, data = np.asarray(numbers), self.training.train
        return {"inputs": self.training.inputs(data, which), "targets": self.training.targets(data, which)}


class _WithLoss(nn.Module):
    """What the Trainer calls: the network and its loss; counts right answers while it trains."""

    def __init__(self, training: Training) -> None:
        super().__init__()
        self.network, self.loss_of = training.network, training.loss
        self.outputs, self.heads = training.outputs, training.heads
        self.seen = Tally(self.heads)

    def forward(self, inputs: tuple[Tensor, ...], targets: Outputs) -> dict[str, Tensor]:
        outputs = self.outputs(self.network, inputs)
        loss = self.loss_of(outputs, targets)
        self.seen.add(outputs, targets, float(loss.detach()), len(inputs[0]))
        return {"loss": loss}


class _Teller(TrainerCallback):
    """Reports steps and epochs, and stops when the validation stays without a better epoch."""

    def __init__(self, training: Training, model: _WithLoss, curve: list[dict[str, float]]) -> None:
        self.training, self.model, self.curve = training, model, curve

    def on_step_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        self.training.on_step(int(state.global_step), int(state.max_steps))

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        self.model.seen = Tally(self.training.heads)

    def on_epoch_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        rate = more["lr_scheduler"].get_last_lr()[0]
        self.model.seen.sums = self.training.processes.totals(self.model.seen.sums)
        self.row = {"epoch": len(self.curve) + 1.0, "learning_rate": float(rate), **self.model.seen.row("train")}
        if self.training.validation is None:
            self._finish(control)

    def on_evaluate(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        self.row |= {name.replace("eval_", "val_", 1): float(value) for name, value in more["metrics"].items()}
        self._finish(control)

    def _finish(self, control: Any) -> None:
        self.curve.append(self.row)
        self.training.on_epoch(self.row)
        patience = self.training.config.patience
        worths = [_worth(self.training, row) for row in self.curve]
        if patience and len(worths) - 1 - worths.index(max(worths)) >= patience:
            control.should_training_stop = True


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
