"""A person's days as arrays: one axis of consecutive calendar days, NaN where nothing is known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from burnout.models import CheckIn, Outcome, OutcomeKind
from mlops.ml.survival.checkins.days import NAMES, Days
from mlops.ml.survival.checkins.hazard import RECOVERY_DAYS

COLUMNS = (*NAMES, "hrv_sdnn")


@dataclass(frozen=True)
class PersonDays:
    """`values[name]` is (n,) float64 from the day `first` on; `answered` (n,) tells days with any answer."""

    first: date
    values: dict[str, npt.NDArray[np.float64]]
    answered: npt.NDArray[np.bool_]

    @property
    def last(self) -> date:
        """The last day of the axis."""
        return self.first + timedelta(days=len(self.answered) - 1)

    def at(self, day: date) -> int:
        """Position of a day on the axis."""
        return (day - self.first).days


def days_of(athletes: Iterable[int], *, first: date, last: date) -> dict[int, PersonDays]:
    """The days from `first` to `last` of each athlete (by id), in one query."""
    n = (last - first).days + 1
    ids = list(athletes)
    found = {
        pk: PersonDays(first, {name: np.full(n, np.nan) for name in COLUMNS}, np.zeros(n, bool)) for pk in ids
    }
    rows = CheckIn.objects.filter(athlete__in=ids, day__range=(first, last)).values_list("athlete", "day", *COLUMNS)
    for athlete, day, *answers in rows.order_by().iterator(chunk_size=5000):
        person, i = found[athlete], (day - first).days
        for name, value in zip(COLUMNS, answers, strict=True):
            if value is not None:
                person.values[name][i] = value
                person.answered[i] = True
    return found


def first_days(athletes: Iterable[int]) -> dict[int, date]:
    """The first day each athlete answered anything; athletes without any are left out."""
    from django.db.models import Min

    rows = CheckIn.objects.filter(athlete__in=list(athletes)).values("athlete").annotate(first=Min("day")).order_by()
    return {row["athlete"]: row["first"] for row in rows}


def stacked(people: dict[str, PersonDays], outcomes: dict[str, list[Outcome]], last: date) -> Days:
    """Days of several people on one axis for learning; before a person's first day nothing is followed.

    An outcome of the wanted kind begins an event; until its end (or `RECOVERY_DAYS` later) nobody is at risk.
    """
    if not people:
        shape = (0, 1)
        empty = {name: np.zeros(shape) for name in NAMES}
        return Days(empty, np.zeros(shape, bool), np.zeros(shape, bool), np.array([], dtype=np.str_))
    first = min(person.first for person in people.values())
    n_days = (last - first).days + 1
    shape = (len(people), n_days)
    grids = {name: np.full(shape, np.nan) for name in NAMES}
    events, at_risk = np.zeros(shape, bool), np.zeros(shape, bool)
    for row, (name, person) in enumerate(people.items()):
        begin = (person.first - first).days
        size = min(len(person.answered), n_days - begin)
        for question in NAMES:
            grids[question][row, begin : begin + size] = person.values[question][:size]
        at_risk[row, begin : begin + size] = True
        for outcome in outcomes.get(name, ()):
            at = (outcome.began_on - first).days
            if not 0 <= at < n_days:
                continue
            over = outcome.ended_on or outcome.began_on + timedelta(days=RECOVERY_DAYS)
            events[row, at] = True
            at_risk[row, at + 1 : max(at + 1, (over - first).days + 1)] = False
    return Days(grids, events, at_risk, np.array(list(people), dtype=np.str_))


def outcomes_of(athletes: Iterable[int], kind: str = OutcomeKind.BURNOUT) -> dict[int, list[Outcome]]:
    """Outcomes of one kind by athlete, in order."""
    found: dict[int, list[Outcome]] = {}
    for row in Outcome.objects.filter(athlete__in=list(athletes), kind=kind).order_by("began_on"):
        found.setdefault(row.athlete_id, []).append(row)
    return found
