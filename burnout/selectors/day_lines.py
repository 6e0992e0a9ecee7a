"""The last four weeks of a person's days as small lines, with a table and a summary in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from burnout.selectors.days import PersonDays
from mlops.ml.survival.checkins.days import QUESTIONS
from web.numbers import spelled

N_DAYS = 28
WIDTH, HEIGHT, EDGE = 240, 36, 3
TITLES = {
    "sleep_hours": gettext_lazy("Sleep"), "sleep_quality": gettext_lazy("Sleep quality"),
    "stress": gettext_lazy("Stress"), "soreness": gettext_lazy("Soreness"), "mood": gettext_lazy("Mood"),
    "fatigue": gettext_lazy("Fatigue"), "workload": gettext_lazy("Load"), "hrv_rmssd": gettext_lazy("HRV (RMSSD)"),
    "resting_hr": gettext_lazy("Resting heart rate"),
}  # fmt: skip


@dataclass(frozen=True)
class DayLine:
    """One question: its line in pieces (unknown days are gaps), lonely days as dots, and its words."""

    title: str
    pieces: list[str]
    dots: list[tuple[float, float]]
    summary: str
    width: int = WIDTH
    height: int = HEIGHT


@dataclass(frozen=True)
class DayLines:
    """All questions that were answered at all, over the same days."""

    lines: list[DayLine]
    summary: str
    columns: list[str]
    rows: list[list[Any]]


def day_lines(person: PersonDays) -> DayLines:
    """Draw the last 28 days of an axis; the last one is the day in question."""
    begin = max(0, len(person.answered) - N_DAYS)
    n = len(person.answered) - begin
    kept = [(one, person.values[one.name][begin:]) for one in QUESTIONS]
    kept = [(one, values) for one, values in kept if np.isfinite(values).any()]
    days = [person.first + timedelta(days=begin + i) for i in range(n)]
    return DayLines(
        [_line(str(TITLES[one.name]), one.unit, values) for one, values in kept],
        _("%(answered)s of the %(n)s days up to %(day)s have answers.")
        % {"answered": int(person.answered[begin:].sum()), "n": n, "day": date_format(person.last, "j F")},
        [_("Day"), *(f"{TITLES[one.name]}, {_unit(one.unit)}" for one, values in kept)],
        [_row(days[i], [values[i] for one, values in kept]) for i in range(n - 1, -1, -1)],
    )


def _line(title: str, unit: str, values: npt.NDArray[np.float64]) -> DayLine:
    known = values[np.isfinite(values)]
    low, high = float(known.min()), float(known.max())
    step = (WIDTH - 2 * EDGE) / max(len(values) - 1, 1)
    pieces: list[list[tuple[float, float]]] = [[]]
    for i, value in enumerate(values.tolist()):
        if not np.isfinite(value):
            pieces.append([])
            continue
        share = (value - low) / (high - low) if high > low else 0.5
        pieces[-1].append((round(EDGE + step * i, 1), round(HEIGHT - EDGE - share * (HEIGHT - 2 * EDGE), 1)))
    unit, scale = ("", f"; {_unit(unit)}") if unit.startswith("1–7") else (f" {_unit(unit)}", "")
    last = f"{spelled(values[-1], '.3g')}{unit}" if np.isfinite(values[-1]) else _("unknown")
    return DayLine(
        title,
        [" ".join(f"{x},{y}" for x, y in piece) for piece in pieces if len(piece) > 1],
        [piece[0] for piece in pieces if len(piece) == 1],
        _("%(mean)s on average (%(low)s to %(high)s), %(last)s on the day itself")
        % {"mean": f"{spelled(known.mean(), '.3g')}{unit}",
            "low": spelled(low, ".3g"), "high": f"{spelled(high, '.3g')}{unit}", "last": last}
        + scale,
    )


def _unit(unit: str) -> str:
    """Short: "AU" for "AU (session RPE × minutes)", "scale 1–7, 7 best" for a rating."""
    return _("scale %(range)s") % {"range": unit} if unit.startswith("1–7") else unit.partition(" (")[0]


def _row(day: date, values: list[Any]) -> list[Any]:
    return [f"{day:%Y-%m-%d}", *(None if np.isnan(value) else spelled(value, ".4g") for value in values)]
