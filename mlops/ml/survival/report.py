"""All figures of a risk model in one place, JSON-ready."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import NotEnoughData
from mlops.ml.survival import judge
from mlops.ml.survival.rows import SurvivalRows

N_DRAWN = 200
"""How often people are drawn for an interval."""


def risk_report(risk: npt.NDArray[np.float64], data: SurvivalRows, horizon: float) -> dict[str, Any]:
    """Every figure of held-out rows, with intervals over people. Raises NotEnoughData when nothing can be ranked."""
    known, happened = data.within(horizon)
    slope, intercept = judge.calibration_slope(risk[known], happened[known])
    bins = judge.calibration_bins(risk[known], happened[known])
    measures = {"Concordance": judge.c_index, f"AUC within {horizon:g}": judge.horizon_auc(horizon)}
    return {
        "n": len(data),
        "n_events": int(data.event.sum()),
        "c_index": judge.c_index(risk, data),
        "auc": judge.auc(risk[known], happened[known]),
        "brier": judge.brier(risk[known], happened[known]),
        "calibration_slope": slope,
        "calibration_intercept": intercept,
        "tables": [
            {
                "title": "95 % intervals, people drawn with replacement",
                "columns": ["Figure", "from", "to"],
                "rows": [[name, *_interval(measure, risk, data)] for name, measure in measures.items()],
            },
            {
                "title": "Calibration: rows by answered risk",
                "columns": ["Answered", "Happened", "Index days"],
                "rows": [[f"{100 * one.answered:.1f} %", f"{100 * one.happened:.1f} %", one.n] for one in bins],
            },
        ],
    }


def _interval(measure: judge.Judge, risk: npt.NDArray[np.float64], data: SurvivalRows) -> list[str]:
    try:
        return [f"{end:.3f}" for end in judge.interval(measure, risk, data, n=N_DRAWN)]
    except NotEnoughData:
        return ["too few people", "too few people"]  # rather no interval than a made-up one
