"""Which year, and which calendar, a stamp counts from: by what makes it a day that a logger can have seen."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from mlops.ml.sensors.readers.plan import SECONDS, Float64Array, TimeUnit

EPOCHS = {"1970": 0.0, "1980": 315_964_782.0, "2000": 946_684_800.0, "2001": 978_307_200.0}
"""1980 is GPS time, 18 leap seconds ahead of UTC; it is only believed where a name says GPS."""
_OLDEST, _OLDEST_OTHER = 1_104_537_600.0, 1_325_376_000.0  # 2005-01-01; 2012-01-01 for the other epochs
_FASTEST_HZ = 20_000.0
"""Steps of a time column that would be shorter say that it counts something else."""
_SMALL: tuple[TimeUnit, ...] = ("us", "ns")
_CALENDARS: tuple[tuple[TimeUnit, float, str], ...] = (
    ("d", -25_569 * 86_400.0, "days as a spreadsheet counts them"),
    ("d", -719_529 * 86_400.0, "days as MATLAB counts them"),
    ("100ns", -11_644_473_600.0, "steps of 100 ns since 1601 (Windows)"),
    ("100ns", -62_135_596_800.0, "steps of 100 ns since the year 1 (.NET)"),
)


def believable(clock: str, seconds: float, latest: float) -> bool:
    """True for seconds since 1970 that a logger counting from `clock` can have seen."""
    return (_OLDEST if clock == "1970" else _OLDEST_OTHER) <= seconds <= latest


def is_dated(first: float, unit: TimeUnit, latest: float) -> bool:
    """True when a stamp in this unit is a believable day from some year."""
    if unit == "samples":
        return False
    return any(believable(clock, first * SECONDS[unit] + add, latest) for clock, add in EPOCHS.items())


def day_of(seconds: float) -> str:
    """Seconds since 1970 as a day and minute for a person."""
    try:
        return datetime.fromtimestamp(seconds, tz=UTC).strftime("%Y-%m-%d %H:%M")
    except (OverflowError, ValueError, OSError):
        return "no date"


def calendar_of(values: Float64Array, latest: float) -> tuple[TimeUnit, float, str] | None:
    """(unit, seconds to add, words) where the numbers are a calendar's own count and would be no time otherwise."""
    good = values[np.isfinite(values)]
    if len(good) < 2 or ((good == np.round(good)).all() and good[0] < 1e16):
        return None
    for unit, epoch_s, words in _CALENDARS:
        if believable("1970", float(good[0]) * SECONDS[unit] + epoch_s, latest):
            if unit == "d":
                return (unit, epoch_s, words) if too_fast(values, "s") else None
            first = float(good[0])
            plain = any(
                believable(c, first * SECONDS[u] + a, latest) and not too_fast(values, u, 2000.0)
                for c, a in EPOCHS.items()
                for u in _SMALL
            )
            return None if plain else (unit, epoch_s, words)
    return None


def too_fast(values: Float64Array, unit: TimeUnit, fastest_hz: float = _FASTEST_HZ) -> bool:
    """True when steps in this unit would be shorter than any sensor's."""
    steps = np.diff(values[np.isfinite(values)])
    steps = steps[steps > 0] * SECONDS.get(unit, 1.0)
    return unit != "samples" and len(steps) > 3 and float(np.median(steps)) < 1 / fastest_hz
