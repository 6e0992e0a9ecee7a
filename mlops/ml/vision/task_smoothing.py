"""Scores of windows that follow each other, smoothed, so that one odd window does not change what is said."""

from __future__ import annotations

from collections import deque
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import BadValue

Smoothing = Literal["ema", "median", "none"]
SMOOTHINGS: tuple[str, ...] = get_args(Smoothing)
NEWEST = 0.6
"""Weight of the newest window in the moving average."""
MEDIAN_OF = 5
"""Windows whose median is taken."""
Scores = npt.NDArray[np.float64]


class Smoother:
    """``ema``: s ← 0.6 · new + 0.4 · s; ``median``: of each label over the last five, to a sum of 1; ``none``."""

    def __init__(self, method: str = "ema") -> None:
        if method not in SMOOTHINGS:
            raise BadValue(f"smoothing must be one of {', '.join(SMOOTHINGS)}, not {method[:20]!r}")
        self.method = method
        self._last: deque[Scores] = deque(maxlen=MEDIAN_OF)

    def push(self, scores: npt.ArrayLike) -> Scores:
        """(labels,) of the next window → what is said about it."""
        new = np.asarray(scores, np.float64)
        if self.method == "ema" and self._last:
            new = NEWEST * new + (1 - NEWEST) * self._last[-1]
        self._last.append(new)
        if self.method != "median":
            return new
        middle: Scores = np.median(self._last, axis=0)
        return middle / middle.sum() if middle.sum() > 0 else new

    def forget(self) -> None:
        """What comes next does not follow what came before: a gap, another clip."""
        self._last.clear()
