"""What is usual for one person: their own days before the last four weeks, never those of other people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from burnout.selectors.days import PersonDays
from burnout.selectors.features import person_features
from mlops.ml.survival.checkins.features import FEATURE_NAMES, SHORT

MIN_DAYS = 14
"""Answered days that a usual value rests on: two weeks, so that no single week makes it."""


@dataclass(frozen=True)
class OwnUsual:
    """The median of a feature over a person's own days, and how many those are; value None for too few."""

    value: float | None
    n_days: int


def own_usual(person: PersonDays, day: date) -> dict[str, OwnUsual]:
    """Feature → what is usual for this person on `day`: over answered days that ended before the four weeks which the
    features of `day` are about, as far back as `person` reaches."""
    features, end = person_features(person), max(0, person.at(day) - SHORT + 1)
    found = {}
    for column, name in enumerate(FEATURE_NAMES):
        own = features[:end, column][person.answered[:end]]
        known = own[np.isfinite(own)]
        found[name] = OwnUsual(float(np.median(known)) if len(known) >= MIN_DAYS else None, len(known))
    return found
