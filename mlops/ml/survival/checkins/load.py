"""Training load over time: fitness, fatigue, form, monotony, strain and the acute to chronic ratio.

A day without an entry is unknown. It is never taken for a day of rest: long-running averages stand still over it,
and where too little is known the answer is unknown, too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Series = npt.NDArray[np.float64]

CTL_DAYS, ATL_DAYS = 42, 7
MAX_GAP_DAYS = 14
"""After so many unknown days in a row the averages are forgotten."""
MIN_FOR_CTL, MIN_FOR_ATL = 28, 7
MIN_IN_WEEK, MIN_BEFORE = 5, 14


@dataclass(frozen=True)
class LoadSeries:
    """One value a day, NaN where it cannot be said; all (days,).

    ctl       chronic training load ("fitness"): exponential average over 42 days, AU
    atl       acute training load ("fatigue"): the same over 7 days
    tsb       training stress balance ("form"): yesterday's ctl − atl
    monotony  mean of the last 7 days over their sd (Foster 1998)
    strain    sum of the last 7 days × monotony
    ratio     last 7 days against the 21 before them, uncoupled (Lolli et al. 2019)
    """

    load: Series
    ctl: Series
    atl: Series
    tsb: Series
    monotony: Series
    strain: Series
    ratio: Series


def load_series(load: Series) -> LoadSeries:
    """Everything from a row of consecutive days; NaN for a day without an entry, 0 for rest.

    ctl and atl after Banister (1975) in the form of Coggan: x(t) = x(t−1) + (load(t) − x(t−1)) / days.
    """
    load = np.asarray(load, np.float64)
    ctl, atl = _average(load, CTL_DAYS, MIN_FOR_CTL), _average(load, ATL_DAYS, MIN_FOR_ATL)
    tsb = np.full(len(load), np.nan)
    tsb[1:] = (ctl - atl)[:-1]
    n_week, week, sd = _trailing(load, 7)
    n_before, before, _ = _trailing(np.r_[np.full(7, np.nan), load][: len(load)], 21)
    with np.errstate(divide="ignore", invalid="ignore"):
        monotony = np.where((n_week >= MIN_IN_WEEK) & (sd > 0), week / sd, np.nan)
        ratio = np.where((n_week >= MIN_IN_WEEK) & (n_before >= MIN_BEFORE) & (before > 0), week / before, np.nan)
    return LoadSeries(load, ctl, atl, tsb, monotony, 7 * week * monotony, ratio)


def _trailing(load: Series, days: int) -> tuple[npt.NDArray[np.int64], Series, Series]:
    """How many of the last `days` are known, their mean and their sd; each (days of load,)."""
    rows = np.lib.stride_tricks.sliding_window_view(np.r_[np.full(days - 1, np.nan), load], days)
    known = np.isfinite(rows)
    n = known.sum(axis=1)
    mean = np.where(known, rows, 0).sum(axis=1) / np.maximum(n, 1)
    off = np.where(known, rows - mean[:, None], 0)
    return n, mean, np.sqrt((off * off).sum(axis=1) / np.maximum(n - 1, 1))


def _average(load: Series, days: int, least: int) -> Series:
    """Exponential average that stands still over unknown days; NaN until `least` days are known."""
    found = np.full(len(load), np.nan)
    value, n_known, n_gap = 0.0, 0, 0
    for day, today in enumerate(load.tolist()):
        if math.isfinite(today):
            # a growing memory at the beginning: the first weeks are a plain mean, not a climb from zero
            n_known, n_gap = n_known + 1, 0
            value += (today - value) / min(n_known, days)
        else:
            n_gap += 1
            if n_gap > MAX_GAP_DAYS:
                n_known = 0
        if n_known >= least:
            found[day] = value
    return found
