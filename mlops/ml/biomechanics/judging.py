"""How right a form model is, how sure it may be, and when it should say nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.abstention import abstain_threshold
from mlops.ml.bases.items import as_items
from mlops.ml.bases.sequences import Sequences
from mlops.ml.biomechanics.generator.faults import EXERCISES
from mlops.ml.biomechanics.geometry import ANGLES, Array
from mlops.ml.biomechanics.likeness import likeness_fit, statistics_of
from mlops.ml.contract import UNLABELLED

GATES = {"form_mae": 10.0, "form_rmse": 15.0, "angle_mae": 15.0, "exercise_accuracy": 0.9, "risk_mae": 12.0}
COVERAGE = 0.9
"""Share of held-out repetitions whose truth lies within the band around a number."""


class Answers:
    """Outputs of a form model as arrays."""

    def __init__(self, outputs: Sequence[Mapping[str, Any]]) -> None:
        self.score = np.array([_one(row["form_score_value"]) for row in outputs], float).clip(0, 100)
        self.risk = np.array([_one(row["risk_value"]) for row in outputs], float).clip(0, 100)
        self.angles = np.array([row["joint_angles_value"] for row in outputs], float).reshape(len(outputs), len(ANGLES))
        shares = [row["exercise_probabilities"] for row in outputs]
        self.shares = np.array(shares, float).reshape(len(outputs), len(EXERCISES))


def errors_of(outputs: Sequence[Mapping[str, Any]], data: Sequences) -> dict[str, Array]:
    """(n,) errors of form score and risk, (n, 6) of the angles, NaN where nobody knows."""
    said, y = Answers(outputs), truth_of(data)
    return {"form_score": said.score - y["form_score"], "risk": said.risk - y["risk"],
            "joint_angles": said.angles - y["joint_angles"]}  # fmt: skip


def truth_of(data: Sequences) -> Mapping[str, npt.NDArray[Any]]:
    assert isinstance(data.y, Mapping)
    return data.y


def form_report(outputs: Sequence[Mapping[str, Any]], data: Sequences) -> dict[str, Any]:
    """Every metric, `n`, and tables by exercise and by angle; None for what nobody knows the truth of."""
    errors, said, y = errors_of(outputs, data), Answers(outputs), truth_of(data)
    named = said.shares.argmax(axis=1)
    known = y["exercise"] != UNLABELLED
    score, risk, angles = errors["form_score"], errors["risk"], errors["joint_angles"]
    rows = []
    for number, exercise in enumerate(EXERCISES):
        own = y["exercise"] == number
        if own.any():
            right = float((named[own] == number).mean())
            figures = [_mean(np.abs(one[own])) for one in (score, angles, risk)]
            rows.append([exercise, int(own.sum()), *(_rounded(one, 1) for one in figures), round(right, 3)])
    return {
        "form_mae": _mean(np.abs(score)),
        "form_rmse": _root(_mean(score**2)),
        "angle_mae": _mean(np.abs(angles)),
        "exercise_accuracy": float((named == y["exercise"])[known].mean()) if known.any() else None,
        "risk_mae": _mean(np.abs(risk)),
        "n": len(data),
        "tables": [
            {"title": "By exercise", "rows": rows,
             "columns": ["Exercise", "Repetitions", "Form error", "Angle error (°)", "Risk error", "Recognised"]},
            {"title": "By joint", "columns": ["Joint", "Mean error (°)"],
             "rows": [[name, _rounded(_mean(np.abs(angles[:, i])), 1)] for i, name in enumerate(ANGLES)]},
        ],
    }  # fmt: skip


def passed(report: Mapping[str, Any]) -> dict[str, bool]:
    """Gate → whether it is met; what was not measured does not pass."""
    found = {}
    for name, limit in GATES.items():
        value = report.get(name)
        higher = name == "exercise_accuracy"
        found[name] = value is not None and bool(value > limit if higher else value < limit)
    return found


def withholding(train: Sequences, outputs: Sequence[Mapping[str, Any]], held_out: Sequences) -> dict[str, Any]:
    """Entries of a model's manifest: the least confidence, what each exercise looks like, half widths of the bands."""
    said, y = Answers(outputs), truth_of(held_out)
    known = y["exercise"] != UNLABELLED
    errors = errors_of(outputs, held_out)
    bands = {name: _quantile(np.abs(errors[name])) for name in ("form_score", "risk")}
    bands |= {name: _quantile(np.abs(errors["joint_angles"][:, i])) for i, name in enumerate(ANGLES)}
    rules = likeness_fit(
        every_statistics(train), truth_of(train)["exercise"], every_statistics(held_out), y["exercise"], len(EXERCISES)
    )
    least = abstain_threshold(said.shares[known].astype(np.float32), y["exercise"][known], EXERCISES)
    return {"abstain_below": max(least, 0.5), "likeness": rules, "bands": bands}


def every_statistics(data: Sequences) -> Array:
    items = as_items(data.items)
    return np.array([statistics_of(items.load(i)) for i in range(len(items))])


def _one(value: Any) -> float:
    return float(np.asarray(value).reshape(-1)[0])


def _mean(values: Array) -> float | None:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else None


def _root(value: float | None) -> float | None:
    return None if value is None else float(np.sqrt(value))


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _quantile(values: Array) -> float | None:
    known = values[np.isfinite(values)]
    return round(float(np.quantile(known, COVERAGE)), 3) if len(known) else None
