"""What each detector contributes: body and hands alone, objects alone, and all of it, on the same windows and split."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mlops.ml.contract import BadValue, NotEnoughData, OnStep, Windows, ignore
from mlops.ml.metrics import classification_report, paired_bootstrap
from mlops.ml.vision.task_columns import DETECTORS, FeaturePlan
from mlops.ml.vision.task_datasets import TaskDataset
from mlops.ml.vision.task_training import TaskModelSettings, make_estimator
from mlops.ml.vision.task_validation import f1_interval

TITLES = {"fusion": "All", "mediapipe": "MediaPipe only", "yolo": "YOLO only"}
HEADINGS = ("Features", "Number", "Macro F1", "95 % interval", "Accuracy", "Accuracy against all")


@dataclass(frozen=True)
class DetectorRow:
    """One row of the table.

    interval  of the macro F1, from whole test videos; None with fewer than five
    gain      accuracy less that of all features on the same windows: (value, low, high); None for all themselves
    """

    detector: str
    n_features: int
    f1_macro: float
    interval: list[float] | None
    accuracy: float
    gain: tuple[float, float, float] | None


def compare_detectors(
    directory: Path, settings: TaskModelSettings | None = None, *, seed: int = 0, on_step: OnStep = ignore
) -> list[DetectorRow]:
    """Train one model for each set of features of a data set that was built with all, and evaluate it on the test part.

    Raises BadValue for a data set of one detector, NotEnoughData without a test part.
    """
    dataset = TaskDataset.open(directory)
    names: list[str] = dataset.metadata["feature_names"]
    plan = FeaturePlan.from_json(dataset.metadata["plan"])
    if plan.detector != "fusion":
        raise BadValue(f"this dataset has only features of {plan.detector}: build one with all of them")
    if not dataset.metadata["split"]["parts"]["test"]["n_windows"]:
        raise NotEnoughData("The dataset has no test part")
    settings = settings or TaskModelSettings()
    rows: list[DetectorRow] = []
    right_of_all: Any = None
    for done, detector in enumerate(DETECTORS):
        on_step(done, len(DETECTORS))
        columns = [names.index(name) for name in FeaturePlan(detector, plan.things).names]
        train, val, test = (_only(dataset.part(part), columns) for part in ("train", "val", "test"))
        model = make_estimator(settings, train)
        model.fit(train, validation=val, seed=seed)
        answers = model.predict_proba(test.x)
        assert test.y is not None
        report = classification_report(test.y, answers, test.labels)
        right = answers.argmax(axis=1) == test.y
        right_of_all = right if detector == "fusion" else right_of_all
        gain = None if detector == "fusion" else paired_bootstrap(right, right_of_all, test.groups, seed)
        interval = f1_interval(answers, test)
        rows.append(DetectorRow(detector, len(columns), report["f1_macro"], interval, report["accuracy"], gain))
    on_step(len(DETECTORS), len(DETECTORS))
    return rows


def detectors_table(rows: list[DetectorRow]) -> str:
    """The rows as a table in Markdown."""
    lines = ["| " + " | ".join(HEADINGS) + " |", "|" + "---|" * len(HEADINGS)]
    for row in rows:
        interval = f"{row.interval[0]:.3f} to {row.interval[1]:.3f}" if row.interval else ""
        gain = "" if row.gain is None else f"{row.gain[0]:+.3f} ({row.gain[1]:+.3f} to {row.gain[2]:+.3f})"
        cells = (TITLES[row.detector], row.n_features, f"{row.f1_macro:.3f}", interval, f"{row.accuracy:.3f}", gain)
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines) + "\n"


def _only(windows: Windows, columns: list[int]) -> Windows:
    return Windows(np.asarray(windows.x[:, :, columns]), windows.y, windows.groups, windows.labels)
