"""The second pass of an alignment: the place of every piece of a record, and the line through the places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mlops.ml.correlation import Floats, masked_correlation, peak_between

PIECE_S = 20.0
MOST_PIECES = 120
MOST_DRIFT = 200e-6
"""Of two clocks: 200 ppm are 0.7 s in an hour."""
NEAR_S = 0.15
"""A piece this near to the line agrees with it."""
_SEARCH_S = 0.5
_DRIFT_FROM_S = 300.0
"""In less, a drift that clocks have cannot be told from the error of each place."""
_MIN_HEIGHT = 0.2


@dataclass(frozen=True)
class Line:
    """lag(i) = intercept + slope · i in samples of the first record; agreement: share of the pieces on it."""

    intercept: float
    slope: float
    agreement: float


def line_through_pieces(x: Floats, y: Floats, lag: float, rate_hz: float) -> Line | None:
    """A robust line through the lags of pieces of x against y, each looked for around `lag`; None with no piece."""
    piece = int(PIECE_S * rate_hz)
    first, last = max(0, -int(lag)), min(len(x), len(y) - int(lag))
    piece = max(2, min(piece, (last - first) // 3))
    step = max(piece // 2, (last - first - piece) // MOST_PIECES, 1)
    starts = np.arange(first, max(first + 1, last - piece + 1), step)
    reach = int(rate_hz * (_SEARCH_S + MOST_DRIFT * (last - first) / rate_hz / 2)) + 1
    places = [(start + piece / 2, *found) for start in starts
              if (found := _place(x[start : start + piece], y, int(start), round(lag), reach))]  # fmt: skip
    if len(places) < 2:
        return None
    centres, lags, heights = np.array(places).T
    weights = np.maximum(heights, 0.02)
    middle = (first + last) / 2
    has_drift = (last - first) / rate_hz >= _DRIFT_FROM_S
    slope, at_middle = _robust(centres - middle, lags, weights, has_drift, rate_hz)
    off = np.abs(lags - (at_middle + slope * (centres - middle))) / rate_hz
    fits = (off <= NEAR_S) & (heights > 0)
    return Line(at_middle - slope * middle, slope, float(fits.mean()))


def _place(part: Floats, y: Floats, start: int, lag: int, reach: int) -> tuple[float, float] | None:
    """(lag, height) of one piece; None where too little is known of it."""
    low, high = start + lag - reach, start + lag + len(part) + reach
    other = np.full(high - low, np.nan)
    inside = slice(max(low, 0), min(high, len(y)))
    other[inside.start - low : inside.stop - low] = y[inside]
    found = masked_correlation(part, other)
    allowed = (found.lags >= 0) & (found.lags <= 2 * reach) & (found.overlap >= 0.6 * len(part))
    if not allowed.any():
        return None
    at, height = peak_between(found, allowed)
    return (at + lag - reach, height) if height >= _MIN_HEIGHT else (at + lag - reach, 0.0)


def _robust(u: Floats, lags: Floats, weights: Floats, has_drift: bool, rate_hz: float) -> tuple[float, float]:
    """(slope, value at u = 0) by the weighted median of slopes of all pairs, then least squares of what is near."""
    slope = 0.0
    if has_drift:
        i, j = np.triu_indices(len(u), 1)
        far = np.abs(u[j] - u[i]) > 0.25 * (u.max() - u.min())
        i, j = i[far], j[far]
        slope = _median((lags[j] - lags[i]) / (u[j] - u[i]), weights[i] * weights[j])
        slope = float(np.clip(slope, -MOST_DRIFT, MOST_DRIFT))
    level = _median(lags - slope * u, weights)
    near = np.abs(lags - level - slope * u) <= NEAR_S * rate_hz
    if near.sum() < 3:
        return slope, level
    u, lags, weights = u[near], lags[near], weights[near]
    if has_drift:
        centre = float(np.average(u, weights=weights))
        spread = float((weights * (u - centre) ** 2).sum())
        if spread > 0:
            slope = float((weights * (u - centre) * lags).sum() / spread)
            slope = float(np.clip(slope, -MOST_DRIFT, MOST_DRIFT))
    return slope, float(np.average(lags - slope * u, weights=weights))


def _median(values: Floats, weights: Floats) -> float:
    order = np.argsort(values)
    half = np.searchsorted(np.cumsum(weights[order]), weights.sum() / 2)
    return float(values[order][min(half, len(values) - 1)])
