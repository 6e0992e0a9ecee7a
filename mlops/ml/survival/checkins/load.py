"""Training load over time: fitness, fatigue, form, monotony, strain and the acute to chronic ratio.

A day without an entry is unknown. It is never taken for a day of rest: long-running averages stand still over it,
and where too little is known the answer is unknown, too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Series = npt.NDArray[np.float64]

CTL_DAYS, ATL_DAYS = 42, 7
MAX_GAP_DAYS = 14
"""After so many unknown days in a row the averages are forgotten."""
MIN_FOR_CTL, MIN_FOR_ATL = 28, 7
MIN_IN_WEEK = 5


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
    monotony, strain, ratio = (np.full(len(load), np.nan) for _ in range(3))
    for day in range(len(load)):
        week = _known(load[max(0, day - 6) : day + 1])
        if len(week) < MIN_IN_WEEK:
            continue
        sd = week.std(ddof=1)
        if sd > 0:
            monotony[day] = week.mean() / sd
            strain[day] = 7 * week.mean() * monotony[day]
        before = _known(load[max(0, day - 27) : max(0, day - 6)])
        if len(before) >= 14 and before.mean() > 0:
            ratio[day] = week.mean() / before.mean()
    return LoadSeries(load, ctl, atl, tsb, monotony, strain, ratio)


def _known(values: Series) -> Series:
    found: Series = values[np.isfinite(values)]
    return found


def _average(load: Series, days: int, least: int) -> Series:
    """Exponential average that stands still over unknown days; NaN until `least` days are known."""
    found = np.full(len(load), np.nan)
    value, n_known, n_gap = 0.0, 0, 0
    for day, today in enumerate(load):
        if np.isfinite(today):
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
