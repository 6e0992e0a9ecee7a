"""What the recovery page says: today's state, the risk and why, how it changed, the load."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from django.db.models import Count, Max
from django.db.models.functions import Coalesce, Greatest
from django.utils.translation import gettext as _

from accounts.models import Athlete
from burnout.models import CheckIn, CheckInSource, RiskEstimate
from burnout.selectors.days import PersonDays, days_of, first_days
from burnout.selectors.own_usual import MIN_DAYS, OwnUsual, own_usual
from mlops.ml.survival.checkins.features import FEATURES, FIRST_DAY, SHORT
from mlops.ml.survival.checkins.load import LoadSeries, load_series
from mlops.ml.survival.checkins.rolling import MIN_ANSWERED
from web.numbers import spelled

SHOWN_DAYS = 180
N_DRIVERS = 5
DOUBT_DAYS, DOUBT_MOST = 14, 5
"""So many imported days without one rating above 5 may have run from 1 to 5: early imports did not ask."""
RATINGS = ("sleep_quality", "stress", "soreness", "mood", "fatigue")
LITTLE, MUCH = 0.8, 1.3
"""A week below or above so many times the weeks before is clearly less, or more."""
MIN_FACTOR = 0.02
"""An effect that changes the hazard by less than two per cent is not worth a line."""
_BY_NAME = {feature.name: feature for feature in FEATURES}


@dataclass(frozen=True)
class Driver:
    """One reason for a risk, in words: what it is, what is usual for this person (and how many days say so, or that too
    few do), what an average person of the model's data has, and what it multiplies the hazard with."""

    title: str
    value: str
    usual: str
    average: str
    factor: float
    raises: bool


@dataclass(frozen=True)
class Recovery:
    """Everything on the page.

    n_calibrating  days since the first check-in, at most `needed`; `n_recent` answered ones of the last 28,
                   where today counts only once it is answered
    estimate       the newest one, None while calibrating; `trend` [(day, risk)] oldest first
    is_stale       the newest estimate is older than three days
    scale_doubt    the ratings of imported days may have run from 1 to 5: then the risk is not what it says
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
    scale_doubt: bool = False

    @property
    def is_calibrating(self) -> bool:
        return self.n_calibrating < self.needed or self.n_recent < self.least_recent

    @property
    def is_stale(self) -> bool:
        return self.estimate is not None and (self.today - self.estimate.day).days > 3


def recovery_for(*, athlete: Athlete, today: date) -> Recovery:
    """The page of one athlete, in a constant number of queries."""
    begin = first_days([athlete.pk]).get(athlete.pk)
    rows = RiskEstimate.objects.filter(athlete=athlete)
    newest = rows.select_related("athlete", "version__task").order_by("-day").first()
    shown = rows.filter(day__gt=today - timedelta(days=SHOWN_DAYS))
    trend = list(shown.order_by("day").values_list("day", "risk"))
    checkin = CheckIn.objects.filter(athlete=athlete, day=today).first()
    person = load = None
    n_calibrating = n_recent = 0
    if begin is not None:
        first = max(begin, today - timedelta(days=SHOWN_DAYS - 1))
        person = days_of([athlete.pk], first=first, last=max(today, first))[athlete.pk]
        over = person.answered if person.answered[-1] else person.answered[:-1]
        n_recent = int(over[-SHORT:].sum())
        n_calibrating = min((today - begin).days + 1, FIRST_DAY)
        if np.isfinite(person.values["workload"]).any():
            load = load_series(person.values["workload"])
    return Recovery(
        today, checkin, n_calibrating, FIRST_DAY, n_recent, MIN_ANSWERED, newest, trend,
        drivers_of(newest, person) if newest else [], load, person.first if person else None, needs_help(checkin),
        person, scale_in_doubt(athlete=athlete) if newest else False,
    )


def drivers_of(estimate: RiskEstimate, person: PersonDays | None = None) -> list[Driver]:
    """The strongest reasons, strongest first. person: the days that tell what is usual for them, if it is shown."""
    own = own_usual(person, estimate.day) if person is not None else {}
    found = []
    for one in estimate.drivers:
        feature = _BY_NAME.get(one["feature"])
        factor = float(np.exp(one["effect"]))
        if feature is None or max(factor, 1 / factor) < 1 + MIN_FACTOR or one["value"] is None:
            continue
        found.append(
            Driver(feature.title, in_unit(one["value"], feature.unit), usual_words(own.get(feature.name), feature.unit),
                   in_unit(one["usual"], feature.unit), factor, one["effect"] > 0)
        )
    return found[:N_DRIVERS]


def usual_words(own: OwnUsual | None, unit: str) -> str:
    """ "usually 7.1 h a night, over 83 own days", or that they are too few yet."""
    n_days = own.n_days if own is not None else 0
    if own is None or own.value is None:
        return _(
            "your usual value needs %(min_days)s days before the last four weeks; you have %(n_days)s"
        ) % {"min_days": MIN_DAYS, "n_days": n_days}
    return _("usually %(unit)s, over %(n_days)s of your days") % {"unit": in_unit(own.value, unit), "n_days": n_days}


def needs_help(checkin: CheckIn | None) -> bool:
    """Answers after which the page says where to find help: the worst mood, or the most stress with a low mood."""
    if checkin is None or checkin.mood is None:
        return False
    return checkin.mood == 1 or (checkin.mood <= 2 and (checkin.stress or 0) >= 6)


def scale_in_doubt(*, athlete: Athlete) -> bool:
    """True when two weeks of imported ratings or more never go above 5."""
    highest = Greatest(*(Coalesce(name, 0) for name in RATINGS))
    rated = CheckIn.objects.filter(athlete=athlete, source=CheckInSource.CSV).annotate(highest=highest)
    found = rated.filter(highest__gt=0).aggregate(n=Count("pk"), most=Max("highest"))
    return found["n"] >= DOUBT_DAYS and found["most"] <= DOUBT_MOST


def curve_rows(estimate: RiskEstimate) -> list[list[Any]]:
    """The curve as a table: day, no burnout until then, from, to; shares in per cent."""
    return [[f"{day:.0f}", *(f"{100 * share:.0f} %" for share in shares)] for day, *shares in estimate.curve]


def load_words(load: LoadSeries) -> dict[str, str]:
    """Today's figures of training load, "–" where too little is known."""
    digits = {"ctl": 0, "atl": 0, "tsb": 0, "monotony": 1, "strain": 0, "ratio": 2}
    return {name: _fixed(float(getattr(load, name)[-1]), n) for name, n in digits.items()}


def load_sentence(load: LoadSeries) -> str:
    """The last seven days of training against the three weeks before, in one sentence."""
    ratio = float(load.ratio[-1])
    if np.isnan(ratio):
        return _("Not enough training data yet to compare this week with the weeks before.")
    if ratio > MUCH:
        return _("Clearly more training this week than in the three weeks before.")
    if ratio < LITTLE:
        return _("Clearly less training this week than in the three weeks before.")
    return _("About as much training this week as in the three weeks before.")


def load_rows(load: LoadSeries, first: date) -> list[list[str]]:
    """The last 28 days as a table, newest first."""
    n, columns = len(load.load), (load.load, load.ctl, load.atl)
    return [
        [f"{first + timedelta(days=i):%Y-%m-%d}", *(_fixed(float(column[i]), 0) for column in columns)]
        for i in range(n - 1, max(-1, n - 29), -1)
    ]


def _fixed(value: float, digits: int) -> str:
    return "–" if np.isnan(value) else spelled(value, f".{digits}f").replace("-", "−")


def in_unit(value: float | None, unit: str) -> str:
    """A feature's value with its unit, "–" where it is unknown."""
    if value is None:
        return "–"
    digits = spelled(value, ".0f" if abs(value) >= 10 else ".2g" if abs(value) >= 0.1 else ".3f")
    return f"{digits} {unit}".replace("-", "−", 1) if value < 0 else f"{digits} {unit}"
