"""From generated repetitions to a form model that is kept: taught, measured on people it never met, written whole."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from mlops.ml.artifact import write_artifact
from mlops.ml.biomechanics.generator.camera import TAUGHT_VIEWS
from mlops.ml.biomechanics.generator.dataset import generate, write_dataset
from mlops.ml.biomechanics.generator.faults import EXERCISES
from mlops.ml.biomechanics.geometry import ANGLES
from mlops.ml.biomechanics.judging import GATES, form_report, passed, truth_of, withholding
from mlops.ml.biomechanics.learning import read_generated, repetitions_made, split_by_subject, with_mirrored
from mlops.ml.biomechanics.preparing import RATE_HZ
from mlops.ml.biomechanics.training_plot import CURVES_FILE, plot_curves
from mlops.ml.contract import OnEpoch, ignore
from mlops.ml.registry import estimator_class

ESTIMATOR, TASK, TITLE = "gnn_lstm", "form", "Form of a repetition"
SETTINGS = {"epochs": 50, "batch_size": 32, "learning_rate": 2e-3}
FIRST_FRESH, N_FRESH = 100_000, 100
"""Numbers of people who neither teach nor choose an epoch, and how many repetitions of theirs judge."""
CONDITIONS: dict[str, dict[str, Any]] = {
    "as taught": {},
    "jitter twice as strong": {"jitter": 2.0},
    "seen from behind": {"views": ("back", "back_left", "back_right")},
    "from the front only": {"views": ("front",)},
    "from the side only": {"views": ("left", "right")},
}
Say = Callable[[str], None]


@dataclass(frozen=True)
class Trained:
    """path: the artifact; gates: name → whether it is met on people whom the model never met."""

    path: Path
    metrics: dict[str, Any]
    gates: dict[str, bool]


def train_form_model(
    root: Path, *, command: str, name: str = ESTIMATOR, data: Path | None = None, n_sequences: int = 1000,
    n_fresh: int = N_FRESH, seed: int = 0, settings: dict[str, Any] | None = None, checkpoints: Path | None = None,
    say: Say = print, on_epoch: OnEpoch = ignore,
) -> Trained:  # fmt: skip
    """Teach with 80 % of the people, keep the epoch with the least error on the other 20 %, measure on new people.

    data  a folder of `write_dataset`; else `n_sequences` are generated. Writes root/<name>.
    Raises BadArtifact where that is there already, or for unreadable data.
    """
    with tempfile.TemporaryDirectory(prefix="fitbalance-form-") as scratch:
        if data is None:
            data = Path(scratch)
            write_dataset(data, n_sequences, seed=seed)
        every = read_generated(data)
    train, held_out = split_by_subject(every, seed=seed)
    cls = estimator_class(ESTIMATOR)
    estimator = cls(cls.Config(**{**SETTINGS, **(settings or {})}))
    report = estimator.fit(
        with_mirrored(train), validation=held_out, seed=seed, on_epoch=on_epoch, checkpoint_dir=checkpoints
    )  # fmt: skip
    chosen_on = estimator_outputs(estimator, held_out)
    metrics, rows = measured(estimator, n_fresh, seed, usual=float(truth_of(train)["form_score"].mean()))
    metrics["tables"] = [_conditions([["20 % that chose the epoch", *_row(form_report(chosen_on, held_out))], *rows]),
                         *metrics["tables"]]  # fmt: skip
    gates = passed(metrics)
    for line in told(metrics, gates, rows):
        say(line)
    manifest = {
        "kind": "form", "task": {"name": TASK, "title": TITLE, "gates": dict(GATES)}, "estimator": ESTIMATOR,
        "config": asdict(estimator.config), "exercises": list(EXERCISES), "joint_angles": list(ANGLES),
        "rate_hz": RATE_HZ, **withholding(train, chosen_on, held_out), "metrics": metrics, "code_version": command,
        "origin": command, "seed": seed,
        "measured_on": f"{n_fresh} generated repetitions of people that the model never met",
        "libraries": {name: version(name) for name in ("numpy", "torch", "onnx")}, "generated": True, "demo": True,
    }  # fmt: skip

    def fill(folder: Path) -> None:
        estimator.save(folder)
        estimator.export_onnx(folder / "model.onnx")
        plot_curves(report.curve, folder / CURVES_FILE)
        (folder / "metrics.json").write_text(json.dumps(metrics, indent=1) + "\n", "utf-8")

    return Trained(write_artifact(root, name, fill, manifest), metrics, gates)


def estimator_outputs(estimator: Any, data: Any) -> list[dict[str, Any]]:
    """One mapping for each repetition, as the engine has them."""
    answers = estimator.answer(data)
    return [{name: values[i].tolist() for name, values in answers.items()} for i in range(len(data))]


def measured(estimator: Any, n_fresh: int, seed: int, *, usual: float) -> tuple[dict[str, Any], list[list[Any]]]:
    """The report on new people as taught, beside guessing the `usual` score, and a row of figures for each of
    `CONDITIONS`; the same people every time."""
    rows: list[list[Any]] = []
    first: dict[str, Any] = {}
    for words, how in CONDITIONS.items():
        data = repetitions_made(
            generate(n_fresh, seed=seed, first_subject=FIRST_FRESH, **{"views": TAUGHT_VIEWS, **how})
        )
        report = form_report(estimator_outputs(estimator, data), data)
        first = first or {**report, "baseline_form_mae": float(abs(truth_of(data)["form_score"] - usual).mean())}
        rows.append([words, *_row(report)])
    return first, rows


def told(metrics: dict[str, Any], gates: dict[str, bool], rows: list[list[Any]]) -> list[str]:
    """Each gate, and the figures under other conditions."""
    lines = []
    for name, limit in GATES.items():
        sign = ">" if name == "exercise_accuracy" else "<"
        lines.append(f"{name} {metrics[name]:.3f} {'passes' if gates[name] else 'FAILS'} the gate {sign} {limit:g}")
    for words, *figures in rows:
        score, root, angle, exercise, risk = figures
        lines.append(
            f"{words}: form {score:.1f}, root {root:.1f}, angles {angle:.1f}°, exercise {exercise:.3f}, risk {risk:.1f}"
        )
    return lines


def _conditions(rows: list[list[Any]]) -> dict[str, Any]:
    columns = ["Generated people", "Form error", "Form, root", "Angle error (°)", "Exercise recognised", "Risk error"]
    return {"title": "Other conditions", "columns": columns, "rows": rows}


def _row(report: dict[str, Any]) -> list[float]:
    names = ("form_mae", "form_rmse", "angle_mae", "exercise_accuracy", "risk_mae")
    return [round(float(report[name]), 3) for name in names]

