"""Which exercise of the table a clip shows, or none: the one whose conditions hold best.

For each exercise: the median over its repetitions of how true each condition is (`judge.truth`); the least of these
times how much of the usual range was used. What stays under 0.55 is not recognised, unless three repetitions and more
fit nothing else: a bad squat is far from a good one, and farther from everything else. The margin is the lead over
the best exercise of another family.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mlops.ml.biomechanics.form.judge import rank, truths
from mlops.ml.biomechanics.form.measures import Measures
from mlops.ml.biomechanics.form.stream import Event, Tracker
from mlops.ml.biomechanics.form.table import Exercise, exercises

LEAST_FIT, ONE_ONLY = 0.55, 0.85
ALONE_FIT, ALONE_LEAD, ALONE_N = 0.3, 0.15, 3
"""What is enough for so many repetitions that lead everything of another family by so much."""


@dataclass(frozen=True)
class Recognition:
    """key: "" for none. fit and margin 0 … 1; fits: all that counted something, best first."""

    key: str
    fit: float
    margin: float
    fits: tuple[tuple[str, float], ...]
    events: dict[str, list[Event]]


def recognise(times: Sequence[float], rows: Sequence[Measures | None]) -> Recognition:
    """rows: measures of each frame, None where nobody is seen."""
    found: dict[str, float] = {}
    events: dict[str, list[Event]] = {}
    for exercise in exercises().values():
        if exercise.recognise:
            events[exercise.key] = _run(exercise, times, rows)
            found[exercise.key] = _fit(exercise, events[exercise.key])
    _let_movement_win(found, events)
    order = sorted(found.items(), key=lambda one: -one[1])
    best, fit = order[0]
    family = exercises()[best].family
    second = next((value for key, value in order if exercises()[key].family != family), 0.0)
    fits = tuple((key, round(value, 4)) for key, value in order if value > 0)
    is_alone = fit >= ALONE_FIT and fit - second >= ALONE_LEAD and len(events[best]) >= ALONE_N
    if fit < LEAST_FIT and not is_alone:
        return Recognition("", fit, 0.0, fits, events)
    return Recognition(best, fit, fit - second, fits, events)


def _let_movement_win(found: dict[str, float], events: dict[str, list[Event]]) -> None:
    """Between two push-ups a plank is held: a hold counts half where repetitions were recognised."""
    table = exercises()
    moves = any(fit >= 0.7 and len(events[key]) >= 2 for key, fit in found.items() if not table[key].is_hold)
    for key in found:
        if moves and table[key].is_hold:
            found[key] /= 2


def _run(exercise: Exercise, times: Sequence[float], rows: Sequence[Measures | None]) -> list[Event]:
    tracker = Tracker(exercise)
    found = [event for t, row in zip(times, rows, strict=True) for event in tracker.push(t, row)]
    return found + tracker.finish()


def _fit(exercise: Exercise, events: list[Event]) -> float:
    views = [event.judgement.view for event in events]
    if not events or 2 * sum(one in exercise.views for one in views) < len(views):
        return 0.0
    if exercise.signal is None:
        return min(1.0, 0.6 + 0.02 * sum(event.end_s - event.start_s for event in events))
    lists = [
        truths((*exercise.counts_if, *exercise.tells), event.rows, view, event.side)
        for event, view in zip(events, views, strict=True)
        if view == views[-1]
    ]
    worst = min((rank(sorted(values), 0.5) for values in zip(*lists, strict=True)), default=1.0)
    used = rank(sorted(event.range for event in events), 0.5) / exercise.signal.usual
    return worst * min(1.0, used) ** 0.5 * (ONE_ONLY if len(events) == 1 else 1.0)
