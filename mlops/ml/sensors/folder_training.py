"""From a dataset folder to a model artifact without the site: what the commands and other programs call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from mlops.ml.artifact import write_artifact
from mlops.ml.contract import NotEnoughData, OnEpoch, OnStep, Windows, ignore
from mlops.ml.metrics import classification_report
from mlops.ml.registry import estimator_class
from mlops.ml.sensors.dataset import load_windows, read_dataset
from mlops.ml.splits import random_split

WEIGHT_SUFFIXES = (".pkl", ".pickle", ".pth", ".pt", ".h5", ".joblib")
"""Endings of single weight files; an artifact is a folder, so their stem names it."""


def artifact_folder(output: Path) -> tuple[Path, str]:
    """Return (folder of the artifact, what to say about it); nothing to say for a plain folder name."""
    if output.suffix.lower() in WEIGHT_SUFFIXES:
        folder = output.with_suffix("")
        return folder, f"{output.name} is taken as the folder {folder.name}: models are kept as safe files, not pickles"
    return output, ""


def dataset_part(directory: Path, part: str) -> Windows | None:
    """Return the windows of "train", "val" or "test", None when it has none; honours a random split."""
    manifest = read_dataset(directory)
    try:
        if manifest.get("split", {}).get("how") == "random":
            windows = load_windows(directory)
            return windows.take(random_split(len(windows), manifest["seed"])[part]) if part != "test" else None
        return load_windows(directory, part)
    except NotEnoughData:
        return None


def train_on_folder(
    directory: Path,
    output: Path,
    *,
    estimator: str,
    config: Mapping[str, Any],
    seed: int,
    command: str,
    code_version: str,
    on_step: OnStep = ignore,
    on_epoch: OnEpoch = ignore,
    checkpoint_dir: Path | None = None,
) -> tuple[Path, dict[str, Any]]:
    """Train on a dataset folder, judge on its held-out people, write the artifact; return (path, metrics).

    Raises NotEnoughData, BadValue for a config out of range, BadArtifact when `output` exists already.
    """
    facts = read_dataset(directory)
    train, validation = dataset_part(directory, "train"), dataset_part(directory, "val")
    if train is None:
        raise NotEnoughData("the dataset has no windows to learn from")
    cls = estimator_class(estimator)
    model = cls(cls.Config(**config), labels=train.labels)
    report = model.fit(
        train, validation=validation, on_step=on_step, on_epoch=on_epoch, seed=seed, checkpoint_dir=checkpoint_dir
    )
    test = dataset_part(directory, "test")
    judged, part = (test, "test") if test is not None else (validation, "val")
    metrics: dict[str, Any] = {}
    if judged is not None and judged.y is not None:
        metrics = dict(classification_report(judged.y, model.predict_proba(judged.x), judged.labels))
        metrics["measured_on"] = {
            "part": part,
            "n_windows": len(judged),
            "leaky": bool(facts.get("split", {}).get("leaky")),
            "generated": bool(facts.get("generated")),
        }
    manifest = {
        "kind": "sensor_classification",
        "estimator": estimator,
        "config": asdict(model.config),
        **{name: facts[name] for name in ("labels", "window_spec", "scaler", "layout")},
        "metrics": metrics,
        "training": {"seconds": report.seconds, "n_parameters": report.n_parameters, **report.metrics},
        "dataset_hash": facts["content_hash"],
        "code_version": code_version,
        "origin": command,
        "seed": seed,
        "libraries": {name: version(name) for name in ("numpy", "scikit-learn", "torch", "onnx", "onnxruntime")},
        "generated": bool(facts.get("generated")),
        "demo": bool(facts.get("generated")),
    }

    def fill(folder: Path) -> None:
        model.save(folder)
        model.export_onnx(folder / "model.onnx")

    return write_artifact(output.parent, output.name, fill, manifest), metrics
