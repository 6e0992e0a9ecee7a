"""A tiny task kind and a tiny estimator, so that the engine's loop is tested without any product app."""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from django.core.exceptions import ValidationError

from mlops.kinds.examples import Built, Group, InputField, SourceSummary
from mlops.kinds.judging import JudgingRules
from mlops.kinds.splitting import plan_split
from mlops.kinds.windows import WindowClassification
from mlops.ml.bases.windows import WindowEstimator
from mlops.ml.contract import TrainingReport, Windows, option
from mlops.ml.sensors.dataset import (
    LabelledSeries,
    load_fold,
    load_windows,
    read_dataset,
    write_manifest,
    write_subject_shard,
)
from mlops.ml.windows import WindowSpec

LABELS = ("still", "swing")
TINY_ESTIMATORS = {
    "tiny_linear": "tests.mlops.tiny:TinyLinear",
    "tiny_resumable": "tests.mlops.tiny:TinyResumable",
}
SPEC = WindowSpec(10, 20, 10, "none")
LAYOUT = {"name": "tiny", "channels": [{"name": "x", "unit": "g"}], "rate_hz": 10}


class TinyKind(WindowClassification):
    """Sine waves against noise of `n_subjects` pretended people."""

    name = "tiny"
    title = "Tiny signals"
    estimators = ("tiny_linear", "tiny_resumable", "cnn")
    label_view = "mlops:label_sets"
    judging = JudgingRules(min_groups=1, min_examples=1)
    """Four pretended people are enough for the tests of everything else."""

    def __init__(self, subjects: tuple[str, ...] = ("pa", "pb", "pc", "pd")) -> None:
        self.subjects = subjects

    def input_fields(self) -> list[InputField]:
        return [InputField("layout", "Layout", choices=(("tiny", "Tiny"),), initial="tiny")]

    def check_input(self, value: Any) -> dict[str, Any]:
        if value.get("layout", "tiny") != "tiny":
            raise ValidationError("There is no such layout.")
        return {"layout": "tiny", "window_spec": SPEC.to_json()}

    def summary(self, task: Any) -> SourceSummary:
        labelled = {label: 60.0 * len(self.subjects) for label in LABELS} if self.subjects else {}
        return SourceSummary(len(self.subjects), 2 * len(self.subjects), labelled, 0)

    def build(self, task: Any, parameters: Any, directory: Path, on_step: Any) -> Built:
        plan = plan_split(self.subjects, how=parameters["split"], seed=parameters["seed"])
        facts = []
        for done, subject in enumerate(self.subjects):
            on_step(done, len(self.subjects))
            facts.append(write_subject_shard(directory, subject, [_series(done)], SPEC, LABELS))
        parts = plan.parts if plan.how != "random" else dict.fromkeys(self.subjects, "train")
        manifest = write_manifest(directory, spec=SPEC, labels=LABELS, layout=LAYOUT, parts=parts, facts=facts)
        return Built(
            manifest["content_hash"],
            {
                "n_examples": sum(fact.n_windows for fact in facts),
                "per_label": {label: sum(fact.per_label.get(label, 0) for fact in facts) for label in LABELS},
                "per_subject": {fact.subject: fact.per_label for fact in facts},
                "split": plan.facts(),
                "sources": {"recordings": len(facts)},
                "window_spec": SPEC.to_json(),
                "generated": True,
            },
            {fact.subject: Group(parts[fact.subject], fact.n_windows, owner=fact.subject) for fact in facts},
        )

    def load(self, directory: Path, part: str) -> Windows:
        return load_windows(directory, part)

    def fold(self, directory: Path, subject: str) -> tuple[Windows, Windows]:
        return load_fold(directory, subject)

    def manifest(self, directory: Path) -> dict[str, Any]:
        facts = read_dataset(directory)
        return {name: facts[name] for name in ("labels", "window_spec", "scaler", "layout")}


def _series(seed: int) -> LabelledSeries:
    rng = np.random.default_rng(seed)
    t = np.arange(0, 60, 0.1)
    wave = np.where(t < 30, 0.0, 3.0) + rng.normal(0, 0.2, len(t))
    return LabelledSeries(t, wave[:, None].astype(np.float32), [(0, 30, "still"), (30, 60, "swing")], f"r{seed}")


@dataclass(frozen=True)
class TinyConfig:
    epochs: int = option(3, "Rounds", min=1, max=2000)
    rate: float = option(0.5, "Step size", min=0.0, max=10.0)
    mode: str = option("plain", "How", choices=("plain", "sabotaged"))
    bias: bool = option(True, "Learn a bias")


class TinyLinear(WindowEstimator):
    """Softmax regression on the mean of every channel."""

    name: ClassVar[str] = "tiny_linear"
    title: ClassVar[str] = "Tiny linear"
    summary: ClassVar[str] = "For tests."
    Config: ClassVar[type] = TinyConfig

    def _fit(self, train, validation, on_step, on_epoch, seed):
        self.weights = np.zeros((train.x.shape[2] + 1, len(train.labels)), np.float32)
        truth = np.eye(len(train.labels), dtype=np.float32)[train.y]
        curve = []
        for epoch in range(self.config.epochs):
            on_step(epoch, self.config.epochs)
            x = _with_one(train.x)
            self.weights -= self.config.rate * x.T @ (_softmax(x @ self.weights) - truth) / len(x)
            curve.append({"epoch": float(epoch + 1), "train_loss": 1.0 / (epoch + 1), "train_accuracy": 0.9})
            on_epoch(curve[-1])
        return TrainingReport({"train_accuracy": 0.9}, curve, 0.0, self.weights.size)

    def _predict_proba(self, x):
        return _softmax(_with_one(x) @ self.weights)

    def _save(self, directory):
        np.save(directory / "weights.npy", self.weights, allow_pickle=False)

    def _load(self, directory):
        self.weights = np.load(directory / "weights.npy", allow_pickle=False)

    def _export_onnx(self, path):
        import onnx
        from onnx import TensorProto, helper, numpy_helper

        weights = self.weights + (1.0 if self.config.mode == "sabotaged" else 0.0) * np.array([1, -1], np.float32)
        nodes = [
            helper.make_node("ReduceMean", ["input", "axes"], ["mean"], keepdims=0),
            helper.make_node("MatMul", ["mean", "w"], ["wx"]),
            helper.make_node("Add", ["wx", "b"], ["logits"]),
            helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
        ]
        tensors = [
            numpy_helper.from_array(np.array([1], np.int64), "axes"),
            numpy_helper.from_array(weights[:-1], "w"),
            numpy_helper.from_array(weights[-1], "b"),
        ]
        graph = helper.make_graph(
            nodes,
            "tiny",
            [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", *self.window_shape])],
            [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", len(self.labels)])],
            tensors,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
        onnx.save(model, str(path))


class TinyResumable(TinyLinear):
    """The same, a little slower, and it goes on from its last epoch. TINY_SAVE_S: how long it takes to save."""

    name: ClassVar[str] = "tiny_resumable"
    title: ClassVar[str] = "Tiny resumable"
    resumable: ClassVar[bool] = True
    PAUSE_S = 0.05
    SAVED_PARTS = 10

    def _fit(self, train, validation, on_step, on_epoch, seed):
        self.weights = np.zeros((train.x.shape[2] + 1, len(train.labels)), np.float32)
        truth, x = np.eye(len(train.labels), dtype=np.float32)[train.y], _with_one(train.x)
        kept = sorted(self.checkpoint_dir.glob("epoch-*")) if self.checkpoint_dir else []
        first = int(kept[-1].name.removeprefix("epoch-")) if kept else 0
        if kept:
            self.weights = np.load(kept[-1] / "weights.npy")
        curve = []
        for epoch in range(1, self.config.epochs + 1):
            if epoch > first:
                on_step(epoch, self.config.epochs)
                self.weights -= self.config.rate * x.T @ (_softmax(x @ self.weights) - truth) / len(x)
                beside = self.checkpoint_dir / f".epoch-{epoch:05d}"
                beside.mkdir()
                np.save(beside / "weights.npy", self.weights)
                beside.rename(self.checkpoint_dir / f"epoch-{epoch:05d}")
                time.sleep(self.PAUSE_S)
            curve.append({"epoch": float(epoch), "attempt_began_at": float(first)})
            on_epoch(curve[-1])
        return TrainingReport({"first_epoch": float(first)}, curve, 0.0, self.weights.size)

    def _save(self, directory):
        super()._save(directory)
        pause_s = float(os.environ.get("TINY_SAVE_S", "0"))
        for part in range(self.SAVED_PARTS if pause_s else 0):
            (directory / f"part{part}.npy").write_bytes(bytes(10_000))
            time.sleep(pause_s / self.SAVED_PARTS)


def _with_one(x):
    mean = x.mean(axis=1)
    return np.concatenate([mean, np.ones((len(mean), 1), np.float32)], axis=1)


def _softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return (e / e.sum(axis=1, keepdims=True)).astype(np.float32)
