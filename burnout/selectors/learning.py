"""Days that may teach models: of athletes who consent to it, and of the generator."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Athlete, LearningScope
from burnout.models import CheckIn, DayVerdict, OutcomeKind, Verdict
from burnout.selectors.days import PersonDays, days_of, first_days, outcomes_of, stacked
from mlops.ml.contract import OnStep, ignore
from mlops.ml.survival.checkins.days import Days
from mlops.ml.survival.checkins.simulate import simulate

GENERATED_PEOPLE, GENERATED_DAYS = 1000, 365
GENERATED_SEED = 20


@dataclass(frozen=True)
class LearningDays:
    """Days of people and of generated people, each with subjects' pseudonyms, and their counts."""

    n_people: int
    n_generated: int
    n_answered: int
    days: list[Days] = field(default_factory=list)
    n_left_out: int = 0
    """Days that a review left out: their answers count as unknown."""


def learning_days(
    *, outcome: str, include_generated: bool = True, only_counts: bool = False, on_step: OnStep = ignore,
    generated_people: int = GENERATED_PEOPLE, generated_days: int = GENERATED_DAYS,
) -> LearningDays:
    """Everything that may be learned from now. Demo athletes' check-ins are generated and count as such: left out,
    because the generator stands beside them with people of its own. Generated days know burnout only."""
    athletes = people_teaching().filter(pk__in=CheckIn.objects.values("athlete"))
    people = dict(athletes.distinct().values_list("pk", "pseudonym"))
    n_answered = CheckIn.objects.filter(athlete__in=people).count()
    generated = generated_people if include_generated and outcome == OutcomeKind.BURNOUT else 0
    if only_counts:
        return LearningDays(len(people), generated, n_answered)
    found: list[Days] = []
    n_left_out = 0
    if people:
        begin, today = first_days(people), timezone.now().date()
        rows = days_of(people, first=min(begin.values()), last=today)
        n_left_out = _leave_out(rows, outcome)
        known = outcomes_of(people, outcome)
        mine = {people[pk]: person for pk, person in rows.items()}
        found.append(stacked(mine, {people[pk]: known.get(pk, []) for pk in people}, today))
    if generated:
        found.append(simulate(generated, generated_days, seed=GENERATED_SEED, on_step=on_step).days)
    return LearningDays(len(people), generated, n_answered, found, n_left_out)


def people_teaching() -> QuerySet[Athlete]:
    """Athletes whose days may teach models: they consent, and are no demo."""
    return Athlete.objects.learnable(LearningScope.DAYS).filter(user__is_demo=False)


def _leave_out(people: dict[int, PersonDays], outcome: str) -> int:
    """Take the answers of days that a review left out of the arrays; returns how many days."""
    rows = DayVerdict.objects.filter(athlete__in=people, outcome=outcome, verdict=Verdict.LEAVE_OUT)
    n = 0
    for athlete, day in rows.values_list("athlete", "day"):
        person = people[athlete]
        if person.first <= day <= person.last and person.answered[person.at(day)]:
            for values in person.values.values():
                values[person.at(day)] = np.nan
            person.answered[person.at(day)] = False
            n += 1
    return n
