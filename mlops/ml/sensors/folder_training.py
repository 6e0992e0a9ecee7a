"""From a dataset folder to a model artifact without the site: what the commands and other programs call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from mlops.ml.artifact import write_artifact
from mlops.ml.contract import FloatArray, NotEnoughData, OnEpoch, OnStep, Windows, ignore
from mlops.ml.metrics import classification_report
from mlops.ml.registry import estimator_class
from mlops.ml.sensors.dataset import EVERYDAY, fold_scaler, load_fold, load_windows, read_dataset
from mlops.ml.sensors.everyday import abstention_asked, followed_by, with_everyday
from mlops.ml.splits import random_split


def dataset_part(directory: Path, part: str) -> Windows | None:
    """Return the windows of "train", "val" or "test", None when it has none; honours a random split."""
    manifest = read_dataset(directory)
    try:
        if manifest.get("split", {}).get("how") == "random":
            everybody = load_windows(directory)
            windows = everybody.take(random_split(len(everybody), manifest["seed"])[part])
            if part == "test":
                return None
        else:
            windows = load_windows(directory, part)
    except NotEnoughData:
        return None
    return with_everyday(windows, directory) if part == "train" else windows


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
        raise NotEnoughData("the dataset has no training windows")
    cls = estimator_class(estimator)
    labels = train.labels

    def make() -> Any:
        return cls(cls.Config(**config), labels=labels)

    judged = _each_in_turn(directory, make, seed) if facts.get("split", {}).get("how") == "each" else None
    model = make()
    report = model.fit(
        train, validation=validation, on_step=on_step, on_epoch=on_epoch, seed=seed, checkpoint_dir=checkpoint_dir
    )
    test = dataset_part(directory, "test")
    kept, part = (test, "test") if test is not None else (validation, "val")
    if judged is not None:
        part = "each"
    elif kept is not None and kept.y is not None:
        judged = kept, model.predict_proba(kept.x)
    metrics: dict[str, Any] = {}
    if judged is not None:
        windows, answers = judged
        truth, people = np.asarray(windows.y), windows.groups
        metrics = dict(classification_report(truth, answers, train.labels))
        metrics["measured_on"] = {
            "part": part,
            "n_windows": len(truth),
            "n_people": len(np.unique(people)),
            "leaky": bool(facts.get("split", {}).get("leaky")),
            "generated": bool(facts.get("generated")),
        }
    abstention = {}
    if part == "each" and judged is not None:
        own, known = judged
        abstention = abstention_asked(
            directory, own, lambda x: np.concatenate([known, model.predict_proba(x[len(known) :])])
        )
    elif (held_out := validation if validation is not None else test) is not None and held_out.y is not None:
        abstention = abstention_asked(directory, held_out, model.predict_proba)
    manifest = {
        "kind": "sensor_classification",
        "estimator": estimator,
        "config": asdict(model.config),
        **{name: facts[name] for name in ("labels", "window_spec", "scaler", "layout")},
        **abstention,
        "data": {"added": [added["text"]]} if (added := facts.get(EVERYDAY)) else {},
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


def _each_in_turn(directory: Path, make: Callable[[], Any], seed: int) -> tuple[Windows, FloatArray]:
    """Everybody's windows with the answers to them, each person's from a model of all others."""
    windows: Windows | None = None
    answers = []
    for subject in sorted(read_dataset(directory)["subjects"]):
        others, held_out = load_fold(directory, subject)
        model = make()
        model.fit(with_everyday(others, directory, fold_scaler(directory, subject)), seed=seed)
        windows = held_out if windows is None else followed_by(windows, held_out)
        answers.append(model.predict_proba(held_out.x))
    assert windows is not None
    return windows, np.concatenate(answers)
