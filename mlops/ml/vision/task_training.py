"""From a data set of labelled windows to a model, its metrics and its pictures: what the command and other programs
call.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from mlops.ml.artifact import write_artifact
from mlops.ml.contract import BadValue, NotEnoughData, OnEpoch, OnStep, Windows, ignore
from mlops.ml.explain import permutation_importance
from mlops.ml.metrics import Report, classification_report
from mlops.ml.registry import estimator_class
from mlops.ml.vision.task_datasets import TaskDataset
from mlops.ml.vision.task_plots import plot_confusion, plot_importance
from mlops.ml.vision.task_validation import blocked_validation, f1_interval

MODELS = {
    "rf": "random_forest",
    "lightgbm": "lightgbm",
    "lstm": "rnn",
    "tcn": "tcn",
    "transformer": "patchtst",
}
"""What people call a model, and the estimator that it is."""
AGGREGATIONS = ("stats", "flatten")
NETWORK_EPOCHS, NETWORK_PATIENCE = 40, 8
METRICS_FILE, IMPORTANCE_FILE, CONFUSION_FILE = "_metrics.json", "_feature_importance.png", "_confusion_matrix.png"


@dataclass(frozen=True)
class TaskModelSettings:
    """What may be told of a model; None leaves it to the estimator.

    model          one of `MODELS`
    aggregation    what trees see of a window: mean, std, min and max of each feature, or every sample
    n_estimators   trees, or rounds of boosting
    max_depth      of a tree; None: no limit
    learning_rate  of boosting and of networks
    epochs         of networks
    """

    model: str = "rf"
    aggregation: str = "stats"
    n_estimators: int = 100
    max_depth: int | None = None
    learning_rate: float | None = None
    epochs: int = NETWORK_EPOCHS

    def estimator(self, length: int) -> tuple[str, dict[str, Any]]:
        """Name of the estimator and its config for windows of `length` samples. Raises BadValue."""
        if self.model not in MODELS:
            raise BadValue(f"the model must be one of {', '.join(MODELS)}, not {self.model!r}")
        if self.aggregation not in AGGREGATIONS:
            raise BadValue(f"the aggregation must be stats or flatten, not {self.aggregation!r}")
        told: dict[str, Any] = {"learning_rate": self.learning_rate}
        if self.model in ("rf", "lightgbm"):
            count = "n_estimators" if self.model == "rf" else "n_rounds"
            told |= {"aggregation": self.aggregation, count: self.n_estimators, "max_depth": self.max_depth}
        else:
            told |= {"epochs": self.epochs, "patience": NETWORK_PATIENCE}
        if self.model == "rf":
            del told["learning_rate"]
        if self.model == "transformer":
            patch = max(2, min(16, length // 4))
            told |= {"patch_length": patch, "patch_stride": max(1, patch // 2)}
        return MODELS[self.model], {name: value for name, value in told.items() if value is not None}


def make_estimator(settings: TaskModelSettings, windows: Windows) -> Any:
    """An estimator for such windows, not fitted yet. Raises BadValue."""
    name, config = settings.estimator(windows.x.shape[1])
    cls = estimator_class(name)
    return cls(cls.Config(**config), labels=windows.labels)


def train_task_model(
    directory: Path,
    output: Path,
    settings: TaskModelSettings | None = None,
    *,
    seed: int = 0,
    command: str = "",
    code_version: str = "",
    on_step: OnStep = ignore,
    on_epoch: OnEpoch = ignore,
) -> tuple[Path, dict[str, Any]]:
    """Train on a data set, evaluate on its test part, write the artifact `output` and, beside it, its metrics (JSON)
    and pictures (PNG); return (path of the artifact, metrics).

    The validation part stands in where there is no test part. Raises NotEnoughData, BadValue for a setting out of
    range, BadArtifact for a folder that is no data set, or when `output` exists already.
    """
    settings = settings or TaskModelSettings()
    dataset = TaskDataset.open(directory)
    train, val, test = (dataset.part(name) for name in ("train", "val", "test"))
    model = make_estimator(settings, train)
    report = model.fit(train, validation=val, on_step=on_step, on_epoch=on_epoch, seed=seed)
    kept, part = (test, "test") if len(test) else (val, "val")
    metrics = {
        "model_type": settings.model,
        "aggregation": settings.aggregation if settings.model in ("rf", "lightgbm") else None,
        "settings": asdict(model.config),
        "measured_on": {"part": part, "split": dataset.metadata["split"]["how"], "n_windows": len(kept)},
        "generated": bool(dataset.metadata["generated"]),
        **(task_metrics(model, kept, dataset.metadata["feature_names"], seed=seed) if len(kept) else {}),
        **_in_turn(dataset, settings, seed),
        "n_windows": {"train": len(train), "val": len(val), "test": len(test)},
        "training": {"seconds": report.seconds, "n_parameters": report.n_parameters, **report.metrics},
        "dataset_hash": dataset.dataset_hash,
        "seed": seed,
    }
    manifest = _manifest(dataset, model, metrics, command, code_version)
    path = write_artifact(output.parent, output.name, lambda folder: _save(model, folder), manifest)
    _write_beside(path, metrics)
    return path, metrics


def task_metrics(model: Any, windows: Windows, features: Sequence[str], *, seed: int = 0) -> dict[str, Any]:
    """Metrics of a fitted model on windows it has not seen, JSON-ready.

    Beside the usual ones: a 95 % interval of the macro F1 over whole videos where there are five or more, and the
    accuracy lost when a feature comes from another window. Raises NotEnoughData without any window.
    """
    if not len(windows) or windows.y is None:
        raise NotEnoughData("There are no windows to evaluate on")
    x, y = np.asarray(windows.x), windows.y
    answers = model.predict_proba(x)
    found = classification_report(y, answers, windows.labels)
    right = permutation_importance(
        lambda some, kept: float((model.predict_proba(some).argmax(axis=1) == y[kept]).mean()),
        x,
        axis=2,
        n_repeats=1 if hasattr(model, "network") else 3,  # a network takes its time
        seed=seed,
    )
    importance = {name: {"mean": mean, "std": spread} for name, (mean, spread) in zip(features, right, strict=True)}
    ordered = sorted(importance.items(), key=lambda one: -one[1]["mean"])
    return {
        "accuracy": found["accuracy"],
        "f1_macro": found["f1_macro"],
        "f1_weighted": found["f1_weighted"],
        "ece": found["ece"],
        "f1_macro_interval": f1_interval(answers, windows),
        "per_class": {one["label"]: {k: v for k, v in one.items() if k != "label"} for one in found["per_class"]},
        "labels": list(windows.labels),
        "confusion_matrix": found["confusion"],
        "classification_report": report_text(found),
        "feature_importance": dict(ordered),
    }


def report_text(report: Report) -> str:
    """The figures of each label as a table of plain text."""
    rows = [(one["label"], one["precision"], one["recall"], one["f1"], one["support"]) for one in report["per_class"]]
    width = max(12, *(len(row[0]) for row in rows))
    lines = [f"{'':>{width}}  precision    recall  f1-score   support", ""]
    lines += [f"{name:>{width}}  {p:9.2f} {r:9.2f} {f:9.2f} {n:9d}" for name, p, r, f, n in rows]
    n, blank = report["n"], ""
    lines += [
        "",
        f"{'accuracy':>{width}}  {blank:9} {blank:9} {report['accuracy']:9.2f} {n:9d}",
        f"{'macro F1':>{width}}  {blank:9} {blank:9} {report['f1_macro']:9.2f} {n:9d}",
        f"{'weighted F1':>{width}}  {blank:9} {blank:9} {report['f1_weighted']:9.2f} {n:9d}",
    ]
    return "\n".join(lines) + "\n"


def _in_turn(dataset: TaskDataset, settings: TaskModelSettings, seed: int) -> dict[str, Any]:
    """Blocks of time in turn, for data sets without enough videos."""
    if dataset.metadata["split"]["how"] != "blocks":
        return {}
    found = blocked_validation(dataset, lambda windows: make_estimator(settings, windows), seed=seed)
    return {"cross_validation": found}


def _save(model: Any, folder: Path) -> None:
    model.save(folder)
    model.export_onnx(folder / "model.onnx")


def _manifest(
    dataset: TaskDataset, model: Any, metrics: Mapping[str, Any], command: str, code_version: str
) -> dict[str, Any]:
    known = dataset.metadata
    return {
        "kind": "video_task",
        "estimator": model.name,
        "config": asdict(model.config),
        "labels": list(dataset.labels),
        "window_spec": known["window_spec"],
        "scaler": known["scaler"],
        "layout": layout_of(known["feature_names"], known["window_spec"]["rate_hz"]),
        "plan": known["plan"],
        "metrics": {name: metrics[name] for name in ("accuracy", "f1_macro", "f1_weighted") if name in metrics},
        "dataset_hash": dataset.dataset_hash,
        "code_version": code_version,
        "origin": command,
        "seed": metrics["seed"],
        "libraries": {name: version(name) for name in ("numpy", "scikit-learn", "torch", "onnx", "onnxruntime")},
        "generated": bool(known["generated"]),
    }


def layout_of(features: Sequence[str], rate_hz: float) -> dict[str, Any]:
    """The features of a window as the channels that a scorer of windows knows."""
    return {"name": "video_features", "channels": list(features), "rate_hz": rate_hz}


def _write_beside(path: Path, metrics: Mapping[str, Any]) -> None:
    text = json.dumps(metrics, indent=1, ensure_ascii=False)
    path.with_name(path.name + METRICS_FILE).write_text(text + "\n", "utf-8")
    if "confusion_matrix" in metrics:
        means = {name: one["mean"] for name, one in metrics["feature_importance"].items()}
        plot_importance(means, path.with_name(path.name + IMPORTANCE_FILE))
        plot_confusion(metrics["confusion_matrix"], metrics["labels"], path.with_name(path.name + CONFUSION_FILE))
