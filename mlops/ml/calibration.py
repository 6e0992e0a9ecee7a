"""Does 80 % sure mean right four times of five? Bins of confidence against what came true."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict

import numpy as np
import numpy.typing as npt

N_BINS = 10


class CalibrationBin(TypedDict):
    """Answers whose confidence lies in [low, high): how many, how sure on average, how often right."""

    low: float
    high: float
    n: int
    confidence: float
    accuracy: float


def calibration_bins(
    confidence: npt.NDArray[Any] | Sequence[float], right: npt.NDArray[Any] | Sequence[bool], n_bins: int = N_BINS
) -> list[CalibrationBin]:
    """Equal-width bins of (n,) confidences and whether each answer was right; empty bins are left out."""
    sure, came_true = np.asarray(confidence, np.float64), np.asarray(right, np.float64)
    places = np.clip((sure * n_bins).astype(int), 0, n_bins - 1)
    bins: list[CalibrationBin] = []
    for place in np.unique(places):
        inside = places == place
        bins.append(
            {
                "low": round(float(place / n_bins), 4),
                "high": round(float((place + 1) / n_bins), 4),
                "n": int(inside.sum()),
                "confidence": round(float(sure[inside].mean()), 4),
                "accuracy": round(float(came_true[inside].mean()), 4),
            }
        )
    return bins
