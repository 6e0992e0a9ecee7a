"""The features of a person's days: the same function that the training data was made with."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
from django.core.exceptions import ValidationError

from accounts.models import Athlete
from burnout.selectors.days import PersonDays, days_of, first_days
from mlops.kinds.questions import Locator
from mlops.ml.survival.checkins.days import NAMES, Days
from mlops.ml.survival.checkins.features import FEATURE_NAMES, FIRST_DAY, LONG, SHORT, features_of

CALIBRATING_DAYS = FIRST_DAY
"""No estimate before this day since the first answer."""
REACH_DAYS = LONG + SHORT
"""Days before a day that its features look at."""
_NAMESPACE = uuid.UUID("4f0c5a52-7c0e-5d8e-9a40-8f6f0f6e9d10")


def person_features(person: PersonDays) -> npt.NDArray[np.float64]:
    """(n_days, 19) features of one person."""
    grids = {name: person.values[name][None] for name in NAMES}
    nothing = np.zeros((1, len(person.answered)), bool)
    found: npt.NDArray[np.float64] = features_of(Days(grids, nothing, ~nothing, np.array(["one"])))[0]
    return found


def days_before(*, athlete: Athlete, day: date) -> PersonDays | None:
    """What features of `day` look at, the day itself last; None before the 14th day."""
    begin = first_days([athlete.pk]).get(athlete.pk)
    if begin is None or (day - begin).days + 1 < CALIBRATING_DAYS:
        return None
    first = max(begin, day - timedelta(days=REACH_DAYS))
    return days_of([athlete.pk], first=first, last=day)[athlete.pk]


def features_on(*, athlete: Athlete, day: date) -> npt.NDArray[np.float64] | None:
    """(19,) features of a day; None before the 14th day."""
    person = days_before(athlete=athlete, day=day)
    return None if person is None else person_features(person)[-1]


def row_for(x: npt.NDArray[np.float64], names: Sequence[str]) -> npt.NDArray[np.float64]:
    """Features in our order, (19,) or (n, 19), as the (n, features) that a model with these columns takes.

    Raises ValidationError for a model, made elsewhere, that wants others.
    """
    rows = np.atleast_2d(x)
    if tuple(names) == FEATURE_NAMES:
        return rows
    if unknown := set(names) - set(FEATURE_NAMES):
        raise ValidationError(f"Check-ins do not include {min(unknown)[:40]}, which this model needs.", code="features")
    return rows[:, [FEATURE_NAMES.index(name) for name in names]]


def source_of(pseudonym: str) -> uuid.UUID:
    """How the engine names all days of a person: always the same, and telling no more than the pseudonym."""
    return uuid.uuid5(_NAMESPACE, pseudonym)


def place_of(day: date) -> Locator:
    """Where a day lies among the days of a person."""
    return Locator(place=f"row:{day:%Y-%m-%d}")


def day_at(place: str) -> date | None:
    """The day of such a place; None for a place of another kind."""
    try:
        return date.fromisoformat(place.removeprefix("row:"))
    except ValueError:
        return None
