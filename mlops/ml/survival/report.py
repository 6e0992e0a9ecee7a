"""All figures of a risk model in one place, JSON-ready."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.survival import judge
from mlops.ml.survival.rows import SurvivalRows

N_DRAWN = 200
"""How often people are drawn for an interval."""


def risk_report(risk: npt.NDArray[np.float64], data: SurvivalRows, horizon: float) -> dict[str, Any]:
    """Every figure of held-out rows, with intervals over people. Raises NotEnoughData when nothing can be ranked."""
    known, happened = data.within(horizon)
    slope, intercept = judge.calibration_slope(risk[known], happened[known])
    c_low, c_high = judge.interval(judge.c_index, risk, data, n=N_DRAWN)
    a_low, a_high = judge.interval(judge.horizon_auc(horizon), risk, data, n=N_DRAWN)
    bins = judge.calibration_bins(risk[known], happened[known])
    intervals = [["Concordance", c_low, c_high], [f"AUC within {horizon:g}", a_low, a_high]]
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
                "rows": [[name, f"{low:.3f}", f"{high:.3f}"] for name, low, high in intervals],
            },
            {
                "title": "Calibration: rows by answered risk",
                "columns": ["Answered", "Happened", "Index days"],
                "rows": [[f"{100 * one.answered:.1f} %", f"{100 * one.happened:.1f} %", one.n] for one in bins],
            },
        ],
    }
