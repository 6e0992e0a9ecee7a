"""What the recovery page says: today's state, the risk and why, how it changed, the load."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from accounts.models import Athlete
from burnout.models import CheckIn, RiskEstimate
from burnout.selectors.days import PersonDays, days_of, first_days
from mlops.ml.survival.checkins.features import FEATURES, FIRST_DAY, SHORT
from mlops.ml.survival.checkins.load import LoadSeries, load_series
from mlops.ml.survival.checkins.rolling import MIN_ANSWERED

SHOWN_DAYS = 180
N_DRIVERS = 5
LEAST_FACTOR = 0.02
"""An effect that changes the hazard by less than two per cent is not worth a line."""
_BY_NAME = {feature.name: feature for feature in FEATURES}


@dataclass(frozen=True)
class Driver:
    """One reason for a risk, in words: what it is, what it is usually, and what it multiplies the hazard with."""

    title: str
    value: str
    usual: str
    factor: float
    raises: bool


@dataclass(frozen=True)
class Recovery:
    """Everything on the page.

    n_calibrating  days since the first check-in, at most `needed`; `n_recent` answered ones of the last 28
    estimate       the newest one, None while calibrating; `trend` [(day, risk)] oldest first
    is_stale       the newest estimate is older than three days
    """

    today: date
    checkin: CheckIn | None
    n_calibrating: int
    needed: int
    n_recent: int
    least_recent: int
    estimate: RiskEstimate | None
    trend: list[tuple[date, float]]
    drivers: list[Driver]
    load: LoadSeries | None
    first: date | None
    needs_help: bool
    days: PersonDays | None

    @property
    def is_calibrating(self) -> bool:
        return self.n_calibrating < self.needed or self.n_recent < self.least_recent

    @property
    def is_stale(self) -> bool:
        return self.estimate is not None and (self.today - self.estimate.day).days > 3


def recovery_for(*, athlete: Athlete, today: date) -> Recovery:
    """The page of one athlete, in a constant number of queries."""
    begin = first_days([athlete.pk]).get(athlete.pk)
    newest = RiskEstimate.objects.filter(athlete=athlete).order_by("-day").first()
    trend = list(
        RiskEstimate.objects.filter(athlete=athlete, day__gt=today - timedelta(days=SHOWN_DAYS))
        .order_by("day").values_list("day", "risk")
    )
    checkin = CheckIn.objects.filter(athlete=athlete, day=today).first()
    person = load = None
    n_calibrating = n_recent = 0
    if begin is not None:
        first = max(begin, today - timedelta(days=SHOWN_DAYS - 1))
        person = days_of([athlete.pk], first=first, last=max(today, first))[athlete.pk]
        n_recent = int(person.answered[-SHORT:].sum())
        n_calibrating = min((today - begin).days + 1, FIRST_DAY)
        if np.isfinite(person.values["workload"]).any():
            load = load_series(person.values["workload"])
    return Recovery(
        today, checkin, n_calibrating, FIRST_DAY, n_recent, MIN_ANSWERED, newest, trend,
        drivers_of(newest) if newest else [], load, person.first if person else None, needs_help(checkin), person,
    )


def drivers_of(estimate: RiskEstimate) -> list[Driver]:
    """The strongest reasons, strongest first."""
    found = []
    for one in estimate.drivers:
        feature = _BY_NAME.get(one["feature"])
        factor = float(np.exp(one["effect"]))
        if feature is None or max(factor, 1 / factor) < 1 + LEAST_FACTOR or one["value"] is None:
            continue
        found.append(
            Driver(feature.title, in_unit(one["value"], feature.unit), in_unit(one["usual"], feature.unit), factor,
                   one["effect"] > 0)
        )
    return found[:N_DRIVERS]


def needs_help(checkin: CheckIn | None) -> bool:
    """Answers after which the page says where to find help: the worst mood, or the most stress with a low mood."""
    if checkin is None or checkin.mood is None:
        return False
    return checkin.mood == 1 or (checkin.mood <= 2 and (checkin.stress or 0) >= 6)


def curve_rows(estimate: RiskEstimate) -> list[list[Any]]:
    """The curve as a table: day, no burnout until then, from, to; shares in per cent."""
    return [[f"{day:.0f}", *(f"{100 * share:.0f} %" for share in shares)] for day, *shares in estimate.curve]


def load_words(load: LoadSeries) -> dict[str, str]:
    """Today's figures of training load, "–" where too little is known."""
    digits = {"ctl": 0, "atl": 0, "tsb": 0, "monotony": 1, "strain": 0, "ratio": 2}
    return {name: _fixed(float(getattr(load, name)[-1]), n) for name, n in digits.items()}


def load_rows(load: LoadSeries, first: date) -> list[list[str]]:
    """The last 28 days as a table, newest first."""
    n, columns = len(load.load), (load.load, load.ctl, load.atl)
    return [
        [f"{first + timedelta(days=i):%Y-%m-%d}", *(_fixed(float(column[i]), 0) for column in columns)]
        for i in range(n - 1, max(-1, n - 29), -1)
    ]


def _fixed(value: float, digits: int) -> str:
    return "–" if np.isnan(value) else f"{value:.{digits}f}".replace("-", "−")


def in_unit(value: float | None, unit: str) -> str:
    """A feature's value with its unit, "–" where it is unknown."""
    if value is None:
        return "–"
    digits = f"{value:.0f}" if abs(value) >= 10 else f"{value:.2g}" if abs(value) >= 0.1 else f"{value:.3f}"
    return f"{digits} {unit}".replace("-", "−", 1) if value < 0 else f"{digits} {unit}"
