"""Two records of the same movement on one time: a video and a sensor, by how much moves when.

A time t of the first lies at offset_s + t · (1 + drift_ppm / 10⁶) of the second. Where that cannot be told, it is
said, with the reason: a wrong offset would put every label in a wrong place.

The correlation counts only where both are known (D. Padfield, "Masked object registration in the Fourier domain", IEEE
Trans. Image Processing 21(5), 2012). How far it may go by chance between records that have nothing to do with each
other follows from how long each of them resembles itself (M. S. Bartlett, "On the theoretical specification and
sampling properties of autocorrelated time-series", J. R. Stat. Soc. Supplement 8(1), 1946).
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

import numpy as np
import numpy.typing as npt

from mlops.ml.alignment_pieces import Line, line_through_pieces
from mlops.ml.correlation import Floats, Lags, deviations, masked_correlation, peak_between

RATE_HZ = 25.0
SEARCH_S = 15.0
"""To both sides of where time stamps say it is."""
MIN_OVERLAP_S = 15.0
MIN_SHARED = 0.6
"""Of the shorter record, where no time stamps say where it is: in a few seconds, much fits somewhere."""
NEIGHBOURHOOD_S = 0.6
"""A second peak nearer than this is the same one."""
LARGEST_RIVAL = 0.93
"""A second peak of this share of the best one fits as well."""
CHANCE = 0.001
"""Of an alignment between two records that have nothing to do with each other."""
MIN_CORRELATION, MIN_CORRELATION_ANYWHERE = 0.3, 0.4
"""Records of different movements at alike tempo reach 0.25 near a time stamp, and more where every place counts."""
MIN_AGREEMENT = 0.45
"""Share of the pieces that fit on one line; pieces in which somebody pauses fit nowhere."""
_HOLE_S = 0.5
_SLOW_S = 8.0
_MIN_SHARE_MOVING = 0.05

Reason = Literal["still_first", "still_second", "too_short", "several_fit", "nothing_fits"]


@dataclass(frozen=True)
class MotionCurve:
    """How much moves: energy (n,) at start_s + i / RATE_HZ, NaN where nothing is known; nobody moves below `still`."""

    start_s: float
    energy: Floats
    still: float

    @property
    def times_s(self) -> Floats:
        return self.start_s + np.arange(len(self.energy)) / RATE_HZ

    @property
    def end_s(self) -> float:
        return self.start_s + len(self.energy) / RATE_HZ


@dataclass(frozen=True)
class Alignment:
    """Where a record lies in another.

    certainty   0 to 1: how far the best place stands out from the second best (in full where that is below 0.7 of it),
                times the share of pieces that agree
    overlap_s   seconds known of both
    """

    offset_s: float
    drift_ppm: float
    certainty: float
    overlap_s: float

    def at(self, t_s: float) -> float:
        """The second's time for a time of the first."""
        return self.offset_s + t_s * (1 + self.drift_ppm * 1e-6)


@dataclass(frozen=True)
class CannotTell:
    """Why two records are not aligned: one of them is still, they share too little, several places fit, none does."""

    reason: Reason


def motion_curve(t_s: npt.NDArray[np.floating], energy: npt.NDArray[np.floating], still: float) -> MotionCurve:
    """Values (n,) at rising times t_s (n,) on the even grid; unknown where known ones lie over half a second apart."""
    known = np.isfinite(energy)
    t, values = np.asarray(t_s, float)[known], np.asarray(energy, float)[known]
    if len(t) < 2:
        return MotionCurve(0.0, np.full(0, np.nan), still)
    first = float(np.ceil(t[0] * RATE_HZ)) / RATE_HZ
    grid = first + np.arange(int((t[-1] - first) * RATE_HZ) + 1) / RATE_HZ
    after = np.clip(np.searchsorted(t, grid), 1, len(t) - 1)
    found = np.where(t[after] - t[after - 1] > _HOLE_S, np.nan, np.interp(grid, t, values))
    return MotionCurve(first, found, still)


def align(first: MotionCurve, second: MotionCurve, *, near_s: float | None = None) -> Alignment | CannotTell:
    """Where `first` lies in `second`.

    near_s  the offset that time stamps give: only ± SEARCH_S around it are looked at; None looks everywhere
    """
    if not _moves(first):
        return CannotTell("still_first")
    if not _moves(second):
        return CannotTell("still_second")
    x, y = _flattened(first), _flattened(second)
    found = masked_correlation(x, y)
    least = MIN_OVERLAP_S * RATE_HZ
    if near_s is None:
        least = max(least, MIN_SHARED * min(len(x), len(y)))
    allowed = found.overlap >= least
    shift_s = second.start_s - first.start_s
    if near_s is not None:
        allowed &= np.abs(found.lags / RATE_HZ + shift_s - near_s) <= SEARCH_S
    if not allowed.any():
        return CannotTell("too_short")
    far = Lags(found.lags, found.values / deviations(x, y, found.overlap), found.overlap)
    lag, height = peak_between(far, allowed)
    rival = _rival(far, allowed, lag)
    at = int(np.searchsorted(found.lags, round(lag)))
    if rival > LARGEST_RIVAL * height and found.values[at] > 0.5:
        return CannotTell("several_fit")
    lowest = MIN_CORRELATION_ANYWHERE if near_s is None else MIN_CORRELATION
    if height < _by_chance(int(allowed.sum())) or found.values[at] < lowest:
        return CannotTell("nothing_fits")
    line = line_through_pieces(x, y, lag, RATE_HZ)
    if line is None or line.agreement < MIN_AGREEMENT:
        return CannotTell("nothing_fits")
    if rival > LARGEST_RIVAL * height:
        return CannotTell("several_fit")
    return _told(line, first.start_s, shift_s, 1 - rival / height, float(found.overlap[at]) / RATE_HZ)


def _told(line: Line, start_s: float, shift_s: float, lead: float, overlap_s: float) -> Alignment:
    """The line counts in samples from the beginning of the first curve; here in its own seconds."""
    drift = line.slope
    offset_s = line.intercept / RATE_HZ + shift_s - drift * start_s
    certainty = min(1.0, lead / 0.3) * line.agreement
    return Alignment(offset_s, drift * 1e6, certainty, overlap_s)


def _moves(curve: MotionCurve) -> bool:
    known = curve.energy[np.isfinite(curve.energy)]
    return bool(len(known)) and float(np.mean(known > curve.still)) >= _MIN_SHARE_MOVING


def _flattened(curve: MotionCurve) -> Floats:
    """On a logarithmic scale, so that one jump does not outweigh a set, and without what changes over many seconds."""
    values = np.log1p(curve.energy / curve.still)
    size = int(_SLOW_S * RATE_HZ)
    known = np.isfinite(values)
    window = np.hanning(size + 2)[1:-1]
    sums = np.convolve(np.where(known, values, 0.0), window, "full")[size // 2 :][: len(values)]
    counts = np.convolve(known.astype(float), window, "full")[size // 2 :][: len(values)]
    return np.asarray(values - sums / np.maximum(counts, 1e-9))


def _rival(found: Lags, allowed: npt.NDArray[np.bool_], lag: float) -> float:
    """Height of the highest other peak; places on the slope of the best one do not count."""
    elsewhere = allowed & (np.abs(found.lags - lag) > NEIGHBOURHOOD_S * RATE_HZ)
    heights = found.values
    is_peak = np.zeros_like(elsewhere)
    is_peak[1:-1] = (heights[1:-1] >= heights[:-2]) & (heights[1:-1] >= heights[2:])
    return float(max(heights[elsewhere & is_peak].max(initial=0.0), 0.0))


def _by_chance(n_lags: int) -> float:
    """Standard deviations that the highest of so many neighbouring places passes with probability CHANCE."""
    n_independent = max(1.0, n_lags / (0.25 * RATE_HZ))
    return NormalDist().inv_cdf(1 - CHANCE / n_independent)
