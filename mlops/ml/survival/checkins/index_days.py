"""From days to rows: what was known on an index day, and what came in the 90 days after it."""

from __future__ import annotations

import numpy as np

from mlops.ml.contract import NotEnoughData
from mlops.ml.survival.checkins.days import Days
from mlops.ml.survival.checkins.features import FEATURE_NAMES, FIRST_DAY, features_of
from mlops.ml.survival.rows import SurvivalRows

HORIZON_DAYS = 90
EVERY_DAYS = 14


def rows_of(days: Days, *, every: int = EVERY_DAYS, horizon: int = HORIZON_DAYS) -> SurvivalRows:
    """Many index days a person, `every` days apart, from the 14th day on.

    The features of an index day look back only; the time runs from the day after it to the day on which the
    outcome began, to the end of following, or to `horizon`, whichever comes first. Days on which a person is
    not at risk (recovering, or the outcome begins) are no index days; nor are days with nothing known.
    Raises NotEnoughData when nothing is left.
    """
    features = features_of(days)
    n_days = days.n_days
    axis = np.arange(n_days)
    # (people, days): the next day on which the outcome begins, and on which following stops, n_days for never
    next_event = _next(days.events, n_days)
    followed_until = _next(~days.at_risk, n_days)
    parts = []
    for day in range(FIRST_DAY - 1, n_days - 1, every):
        usable = days.at_risk[:, day] & ~days.events[:, day] & np.isfinite(features[:, day]).any(axis=1)
        who = np.flatnonzero(usable)
        event_in = next_event[who, day] - axis[day]
        end_in = np.minimum(np.minimum(followed_until[who, day] - axis[day], n_days - 1 - day), horizon)
        happened = event_in <= end_in
        time = np.where(happened, event_in, end_in).astype(np.float64)
        kept = time > 0
        parts.append((features[who[kept], day], time[kept], happened[kept], days.people[who[kept]]))
    if not parts or not sum(len(part[1]) for part in parts):
        raise NotEnoughData("nobody was followed for 14 days")
    x, time, event, groups = (np.concatenate(column) for column in zip(*parts, strict=True))
    return SurvivalRows(x, time, event, groups, FEATURE_NAMES)


def _next(marks: np.ndarray, never: int) -> np.ndarray:
    """(people, days) position of the first mark after each day, `never` when there is none."""
    n_people, n_days = marks.shape
    upcoming = np.full((n_people, n_days), never)
    position = np.full(n_people, never)
    for day in range(n_days - 1, -1, -1):
        upcoming[:, day] = position
        position = np.where(marks[:, day], day, position)
    return upcoming
