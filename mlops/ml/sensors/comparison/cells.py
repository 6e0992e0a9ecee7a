"""One cell of the comparison: one estimator on one data set, trained, judged, exported, kept in a file."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import Windows
from mlops.ml.metrics import classification_report
from mlops.ml.registry import estimator_class
from mlops.ml.sensors.comparison.data import ComparisonSet

EPOCHS: dict[str, dict[str, int]] = {
    "physical_therapy": {"bilstm": 10, "rnn": 30, "cnn": 40, "tcn": 10, "patchtst": 12},
    "simulated_flextail": {"bilstm": 40, "rnn": 150, "cnn": 40, "tcn": 20, "patchtst": 24},
    "basic_motions": {"bilstm": 80, "rnn": 300, "cnn": 50, "tcn": 50, "patchtst": 100},
}
"""Epochs of the networks; where nothing stands, the estimator keeps its defaults.

The step size falls to zero over them, so each is a whole training, not the start of one."""
BATCH_SIZE = 16
"""Windows per step of the networks, half the default: there are few windows, and steps are what they learn by."""
SEED = 0
TOLERANCE = 1e-4


def config_of(data_name: str, name: str) -> Any:
    """Return the estimator's defaults, but for what this data set needs. Raises KeyError for an unknown name."""
    epochs = EPOCHS.get(data_name, {}).get(name)
    changed = {} if epochs is None else {"epochs": epochs, "batch_size": BATCH_SIZE}
    return estimator_class(name).Config(**changed)


def run_cell(data: ComparisonSet, name: str, folder: Path, say: Callable[[str], None]) -> dict[str, Any]:
    """Train one model per fold and judge it; the last fold's model stays in `folder` for timing.

    Training time is processor time of this process, which other work on the machine does not stretch.
    """
    cls = estimator_class(name)
    config = config_of(data.name, name)
    answers, truth, seconds, folds, learned = [], [], 0.0, [], []
    labels = data.folds[0].train.labels
    _warm_up(cls, data.folds[0].train)
    for number, fold in enumerate(data.folds):
        estimator = cls(config, labels=labels)
        began = time.process_time()
        report = estimator.fit(fold.train, validation=fold.validation, seed=SEED)
        spent = time.process_time() - began
        proba = estimator.predict_proba(fold.test.x)
        answers.append(proba)
        truth.append(np.asarray(fold.test.y))
        learned.append((estimator.predict_proba(fold.train.x).argmax(axis=1) == np.asarray(fold.train.y)).mean())
        seconds += spent
        folds.append({"n_train": len(fold.train), "n_test": len(fold.test), "cpu_seconds": spent})
        accuracy = float((proba.argmax(axis=1) == truth[-1]).mean())
        say(f"{data.name} {name} fold {number + 1}: accuracy {accuracy:.3f}, {spent:.1f} s")
    folder.mkdir(parents=True, exist_ok=True)
    estimator.save(folder)
    native = sum(
        path.stat().st_size for path in folder.iterdir() if path.suffix != ".onnx" and path.name != "cell.json"
    )
    estimator.export_onnx(folder / "model.onnx")
    some = data.folds[-1].test.x[:256]
    gap = float(np.abs(_onnx(folder)(some) - estimator.predict_proba(some)).max())
    proba, y = np.concatenate(answers), np.concatenate(truth)
    report_all = classification_report(y, proba, labels)
    return {
        "set": data.name,
        "estimator": name,
        "about": data.about,
        "config": asdict(config),
        "epochs": getattr(config, "epochs", None),
        "n_parameters": report.n_parameters,
        "accuracy": report_all["accuracy"],
        "train_accuracy": float(np.mean(learned)),
        "f1_macro": report_all["f1_macro"],
        "ece": report_all["ece"],
        "cpu_seconds": seconds,
        "folds": folds,
        "native_bytes": native,
        "onnx_bytes": (folder / "model.onnx").stat().st_size,
        "onnx_gap": gap,
        "correct": (proba.argmax(axis=1) == y).astype(int).tolist(),
        "blocks": data.blocks.tolist(),
    }


def measure_latency(data: ComparisonSet, name: str, folder: Path) -> dict[str, float]:
    """Return milliseconds per call at batch 1 and 256, native and ONNX on one thread: medians of 5 rounds.

    Processor time again: what a call takes where nothing else runs, also when something does.
    """
    import torch

    torch.set_num_threads(1)
    estimator = estimator_class(name).load(folder)
    answer = _onnx(folder)
    x = data.folds[-1].test.x
    found = {}
    for batch, calls in ((1, 20), (256, 1)):
        some = np.ascontiguousarray(np.resize(x, (batch, *x.shape[1:])))
        found[f"native_{batch}_ms"] = _median_ms(lambda some=some: estimator.predict_proba(some), calls)  # type: ignore[misc]
        found[f"onnx_{batch}_ms"] = _median_ms(lambda some=some: answer(some), calls)  # type: ignore[misc]
    return found


def cell_read(folder: Path, data: ComparisonSet) -> dict[str, Any] | None:
    """Return a finished cell, None when it is not there or was made of other data or another configuration."""
    try:
        found: dict[str, Any] = json.loads((folder / "cell.json").read_text("utf-8"))
        wanted = asdict(config_of(data.name, found["estimator"]))
    except (OSError, ValueError, KeyError):
        return None
    return found if found.get("about") == data.about and found.get("config") == wanted else None


def cell_write(folder: Path, cell: dict[str, Any]) -> None:
    """Keep a cell, whole or not at all."""
    partial = folder / ".cell.partial"
    partial.write_text(json.dumps(cell), "utf-8")
    os.replace(partial, folder / "cell.json")


def _warm_up(cls: Any, train: Windows) -> None:
    """Import what the estimator needs, so that no import counts as training."""
    few = {"epochs": 1, "n_rounds": 2, "n_estimators": 2}
    known = {field.name for field in fields(cls.Config)}
    config = cls.Config(**{name: value for name, value in few.items() if name in known})
    cls(config).fit(train.take(np.random.default_rng(SEED).permutation(len(train))[:24]))


def _onnx(folder: Path) -> Callable[[npt.NDArray[Any]], npt.NDArray[Any]]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"])
    return lambda x: np.asarray(session.run(["probabilities"], {"input": np.asarray(x, np.float32)})[0])


def _median_ms(call: Callable[[], Any], calls: int) -> float:
    call()
    rounds = []
    for _ in range(5):
        began = time.process_time()
        for _ in range(calls):
            call()
        rounds.append((time.process_time() - began) / calls * 1e3)
    return float(np.median(rounds))
