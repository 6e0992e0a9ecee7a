"""Sums over trailing windows of days that know what is missing: cumulative sums instead of a loop over windows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mlops.ml.survival.checkins.days import Grid

MIN_ANSWERED = 7
"""Fewer answers in a window say nothing: the feature is missing then."""


class Trailing:
    """The last `length` days up to and including each day, of one (people, days) grid with NaN for missing.

    Days before the first are not there: windows at the beginning are shorter.
    """

    def __init__(self, grid: Grid, length: int) -> None:
        self._length = length
        known = np.isfinite(grid)
        # shifting by a person's first answer keeps the differences of cumulative sums exact, and looks at no later day
        self._centre = np.where(known, grid, 0.0)[np.arange(len(grid)), known.argmax(axis=1)][:, None]
        self._y = np.where(known, grid - self._centre, 0.0)
        self._known = known.astype(np.float64)
        self.n: Grid = self._sum(self._known)
        """How many of the days are known."""

    def mean(self) -> Grid:
        """Mean of the known days; NaN with fewer than `MIN_ANSWERED`."""
        return self._enough(self._sum(self._y) / np.maximum(self.n, 1) + self._centre)

    def sd(self) -> Grid:
        """Sample standard deviation of the known days."""
        total = self._sum(self._y)
        squares = self._sum(self._y * self._y) - total * total / np.maximum(self.n, 1)
        return self._enough(np.sqrt(np.maximum(squares, 0.0) / np.maximum(self.n - 1, 1)))

    def slope(self) -> Grid:
        """Least-squares change per day over the known days."""
        days = np.arange(self._y.shape[1], dtype=np.float64)
        t = days - days.mean()
        n = np.maximum(self.n, 1)
        sum_t, sum_tt = self._sum(self._known * t), self._sum(self._known * t * t)
        spread = sum_tt - sum_t * sum_t / n
        both = self._sum(self._y * t) - self._sum(self._y) * sum_t / n
        return self._enough(both / np.maximum(spread, 1e-9))

    def total(self) -> Grid:
        """Sum of the known days, on `n` of them; 0 without any."""
        return self._sum(self._y) + self.n * self._centre

    def _sum(self, values: npt.NDArray[np.float64]) -> Grid:
        sums = np.cumsum(values, axis=1)
        sums[:, self._length :] = sums[:, self._length :] - sums[:, : -self._length].copy()
        return sums

    def _enough(self, values: Grid) -> Grid:
        return np.where(self.n >= MIN_ANSWERED, values, np.nan)
