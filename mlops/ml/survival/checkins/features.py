"""The 19 features of a day: what the last 28 and 60 days were like. Nothing after the day is looked at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mlops.ml.survival.checkins.days import Days, Grid
from mlops.ml.survival.checkins.rolling import Trailing

SHORT, LONG = 28, 60
FIRST_DAY = 14
"""Served from the 14th day on (position 13): before that too little is known."""


@dataclass(frozen=True)
class Feature:
    """name for programs, title and unit for people; what answers within their limits can give lies from `least` to
    `most`."""

    name: str
    title: str
    unit: str
    least: float
    most: float


FEATURES = (
    Feature("sleep_mean", "Sleep, 4 weeks", "h a night", 0, 24),
    Feature("sleep_sd", "Irregular sleep, 4 weeks", "h", 0, 24),
    Feature("sleep_trend", "Change of sleep, 4 weeks", "h a week", -168, 168),
    Feature("sleep_quality_mean", "Sleep quality, 4 weeks", "of 7", 1, 7),
    Feature("stress_mean", "Stress, 4 weeks", "of 7", 1, 7),
    Feature("stress_sd", "Ups and downs of stress, 4 weeks", "of 7", 0, 6),
    Feature("stress_trend", "Change of stress, 4 weeks", "a week", -42, 42),
    Feature("stress_mean_long", "Stress, 60 days", "of 7", 1, 7),
    Feature("fatigue_mean", "Fatigue, 4 weeks", "of 7", 1, 7),
    Feature("soreness_mean", "Soreness, 4 weeks", "of 7", 1, 7),
    Feature("mood_mean", "Mood, 4 weeks", "of 7", 1, 7),
    Feature("mood_trend", "Change of mood, 4 weeks", "a week", -42, 42),
    Feature("load_mean", "Training load, 4 weeks", "AU a day", 0, 10_000),
    Feature("load_monotony", "Monotony of training, 4 weeks", "mean / sd", 0, 10),
    Feature("load_ratio", "Last week's load against the three weeks before", "ratio", 0, 5),
    Feature("hrv_shift", "HRV, 4 weeks against 60 days", "ln ms", -6, 6),
    Feature("hrv_cv", "Ups and downs of HRV, 4 weeks", "% of the mean", 0, 100),
    Feature("hrv_trend", "Change of HRV, 60 days", "ln ms a week", -42, 42),
    Feature("resting_hr_shift", "Resting heart rate, 4 weeks against 60 days", "1/min", -125, 125),
)
FEATURE_NAMES = tuple(feature.name for feature in FEATURES)


def features_of(days: Days) -> Grid:
    """Return (people, days, 19) features in the order of `FEATURES`; NaN where too few days were answered.

    Load: a day without an entry is unknown, not a rest day; rest is load 0. Monotony after Foster, Med Sci Sports
    Exerc 30 (1998) 1164. The load ratio is uncoupled: the last 7 days against the 21 before them (Lolli et al.,
    Br J Sports Med 53 (2019) 921). HRV as ln RMSSD, its coefficient of variation after Flatt & Esco (2016).
    """
    of = days.values
    sleep, stress, load = Trailing(of["sleep_hours"], SHORT), Trailing(of["stress"], SHORT), of["workload"]
    mood = Trailing(of["mood"], SHORT)
    ln_hrv = np.log(of["hrv_rmssd"])
    hrv, hrv_long = Trailing(ln_hrv, SHORT), Trailing(ln_hrv, LONG)
    pulse = of["resting_hr"]
    month, hrv_mean = Trailing(load, SHORT), hrv.mean()
    columns = {
        "sleep_mean": sleep.mean(),
        "sleep_sd": sleep.sd(),
        "sleep_trend": 7 * sleep.slope(),
        "sleep_quality_mean": Trailing(of["sleep_quality"], SHORT).mean(),
        "stress_mean": stress.mean(),
        "stress_sd": stress.sd(),
        "stress_trend": 7 * stress.slope(),
        "stress_mean_long": Trailing(of["stress"], LONG).mean(),
        "fatigue_mean": Trailing(of["fatigue"], SHORT).mean(),
        "soreness_mean": Trailing(of["soreness"], SHORT).mean(),
        "mood_mean": mood.mean(),
        "mood_trend": 7 * mood.slope(),
        "load_mean": month.mean(),
        "load_monotony": _ratio(month.mean(), month.sd(), most=10.0),
        "load_ratio": _uncoupled(load),
        "hrv_shift": hrv_mean - hrv_long.mean(),
        "hrv_cv": 100 * _ratio(hrv.sd(), hrv_mean, most=1.0),
        "hrv_trend": 7 * hrv_long.slope(),
        "resting_hr_shift": Trailing(pulse, SHORT).mean() - Trailing(pulse, LONG).mean(),
    }
    return np.stack([columns[name] for name in FEATURE_NAMES], axis=2)


def _ratio(above: Grid, below: Grid, *, most: float) -> Grid:
    """above / below, at most `most` (a load that never varies has no finite monotony)."""
    return np.minimum(above / np.maximum(below, 1e-9), most)


def _uncoupled(load: Grid) -> Grid:
    """Mean of the last 7 days over the mean of the 21 days before them, from 5 and 7 known days on."""
    week = Trailing(load, 7)
    before = Trailing(load, 21)
    chronic_total, chronic_n = np.full(load.shape, np.nan), np.zeros(load.shape)
    chronic_total[:, 7:], chronic_n[:, 7:] = before.total()[:, :-7], before.n[:, :-7]
    ok = (week.n >= 5) & (chronic_n >= 7)
    acute, chronic = week.total() / np.maximum(week.n, 1), chronic_total / np.maximum(chronic_n, 1)
    return np.where(ok, np.minimum(acute / np.maximum(chronic, 1e-9), 5.0), np.nan)
