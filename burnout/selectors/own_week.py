"""The last seven days against what is usual for the same person, measure by measure: bars and the words for them.

A week is the mean of what was entered in it. Usual is the median of the person's own earlier answers, and its spread is
1.4826 × their median absolute deviation, but at least `Measure.least`: never what other people enter.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from django.utils.text import capfirst
from django.utils.translation import gettext, gettext_lazy

from burnout.selectors.days import PersonDays
from burnout.selectors.own_usual import MIN_DAYS
from burnout.selectors.readiness import MEASURES, NOTED, Measure
from web.numbers import spelled

WEEK = 7
MIN_ANSWERS = 3
"""So many answers of the week make its mean; one bad night is no bad week."""
N_FIRST = 4
MOST = 3.0
"""A bar ends at so many usual spreads."""
WIDTH, HEIGHT = 300, 14
SHOWN = (
    *MEASURES,
    Measure("hrv_sdnn", gettext_lazy("HRV (SDNN)"), 1, 5.0, " ms"),
    Measure("workload", gettext_lazy("training load"), 0, 40.0),
)


@dataclass(frozen=True)
class Bar:
    """One measure of a week.

    words     "6.2 h, less than your usual 7.4 h"
    spreads   how far from the usual, in usual spreads, at most `MOST`; None while the usual is not known
    tone      "good" or "bad" where it differs and one of both is meant, else ""
    start, width   of the bar in a drawing of `WIDTH`, whose middle is the usual
    """

    title: str
    words: str
    spreads: float | None
    tone: str
    week: str
    usual: str
    often: str
    n_days: int

    @property
    def is_noted(self) -> bool:
        """It differs by more than this person's days usually do."""
        return self.spreads is not None and abs(self.spreads) >= NOTED

    @property
    def start(self) -> float:
        return round(min(WIDTH / 2, WIDTH / 2 * (1 + (self.spreads or 0) / MOST)), 1)

    @property
    def width(self) -> float:
        return round(WIDTH / 2 * abs(self.spreads or 0) / MOST, 1)


@dataclass(frozen=True)
class OwnWeek:
    """The bars of a week: the `first` few, what differs most plainly before the others, and the `others`.

    n_answered  days of the week with an answer; `n_before` earlier ones of the measure answered most often
    """

    first: list[Bar]
    others: list[Bar]
    n_answered: int
    n_before: int
    band_start: float = round(WIDTH / 2 * (1 - 1 / MOST), 1)
    band_width: float = round(WIDTH / MOST, 1)
    middle: float = WIDTH / 2
    drawn_width: int = WIDTH
    drawn_height: int = HEIGHT

    @property
    def bars(self) -> list[Bar]:
        return [*self.first, *self.others]

    @property
    def is_compared(self) -> bool:
        """A usual is known for at least one measure."""
        return any(bar.spreads is not None for bar in self.bars)

    @property
    def rows(self) -> list[list[str | int]]:
        """The same as a table: measure, week, usual, most days, earlier days."""
        return [[bar.title, bar.week, bar.usual, bar.often, bar.n_days] for bar in self.bars]


def own_week(person: PersonDays | None, *, is_mine: bool = True) -> OwnWeek | None:
    """The week up to the last day of the axis; None for who answered nothing yet. is_mine: say "your usual"."""
    if person is None:
        return None
    bars, most_before = [], 0
    for measure in SHOWN:
        values = person.values[measure.name]
        week, before = _known(values[-WEEK:]), _known(values[:-WEEK])
        most_before = max(most_before, before.size)
        if week.size >= MIN_ANSWERS:
            bars.append(_bar(measure, float(week.mean()), before, is_mine))
    bars.sort(key=lambda bar: not bar.is_noted)
    return OwnWeek(bars[:N_FIRST], bars[N_FIRST:], int(person.answered[-WEEK:].sum()), most_before)


def _known(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return values[np.isfinite(values)]


def _bar(measure: Measure, mean: float, before: npt.NDArray[np.float64], is_mine: bool) -> Bar:
    title, week = capfirst(str(measure.title)), _said(measure, mean)
    if before.size < MIN_DAYS:
        return Bar(title, week, None, "", week, "–", "–", int(before.size))
    usual = float(np.median(before))
    spread = max(measure.least, 1.4826 * float(np.median(np.abs(before - usual))))
    spreads = float(np.clip((mean - usual) / spread, -MOST, MOST))
    tone = "" if abs(spreads) < NOTED or not measure.good else "good" if spreads * measure.good > 0 else "bad"
    often = gettext("%(low)s to %(high)s") % {
        "low": _number(max(0.0, usual - spread)), "high": _said(measure, usual + spread)
    }
    if week == _said(measure, usual):
        words = gettext("%(week)s, as usual") % {"week": week}
    else:
        words = _words(measure, week, _said(measure, usual) if measure.unit else _number(usual), spreads, is_mine)
    return Bar(title, words, spreads, tone, week, _said(measure, usual), often, int(before.size))


def _words(measure: Measure, week: str, usual: str, spreads: float, is_mine: bool) -> str:
    its = {"week": week, "usual": usual}
    if abs(spreads) < NOTED:
        whole = gettext("%(week)s, close to your usual %(usual)s") if is_mine else gettext(
            "%(week)s, close to the usual %(usual)s")
    elif measure.unit or not measure.good:
        more = gettext("%(week)s, more than your usual %(usual)s") if is_mine else gettext(
            "%(week)s, more than the usual %(usual)s")
        less = gettext("%(week)s, less than your usual %(usual)s") if is_mine else gettext(
            "%(week)s, less than the usual %(usual)s")
        whole = more if spreads > 0 else less
    else:
        more = gettext("%(week)s, higher than your usual %(usual)s") if is_mine else gettext(
            "%(week)s, higher than the usual %(usual)s")
        less = gettext("%(week)s, lower than your usual %(usual)s") if is_mine else gettext(
            "%(week)s, lower than the usual %(usual)s")
        whole = more if spreads > 0 else less
    return whole % its


def _said(measure: Measure, value: float) -> str:
    if measure.unit:
        return f"{_number(value)}{measure.unit}"
    return _number(value) if not measure.good else gettext("%(value)s of 7") % {"value": _number(value)}


def _number(value: float) -> str:
    return spelled(value, ".0f") if value >= 20 else spelled(round(value, 1), "g")


def missing_words(week: OwnWeek) -> str:
    """What is not known yet: too few days this week, or too few before it; empty where bars stand."""
    if not week.bars:
        return gettext(
            "Not enough data yet: %(n)s of the last seven days have answers, and each measure needs at least %(least)s."
        ) % {"n": week.n_answered, "least": MIN_ANSWERS}
    if not week.is_compared:
        return gettext("Your usual is known after %(least)s days before these seven. So far: %(n)s.") % {
            "least": MIN_DAYS, "n": week.n_before}
    return ""
