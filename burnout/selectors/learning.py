"""Days that may teach models: of athletes who consent to it, and of the generator."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.utils import timezone

from accounts.models import Athlete, LearningScope
from burnout.models import CheckIn
from burnout.selectors.days import days_of, first_days, outcomes_of, stacked
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


def learning_days(
    *, outcome: str, include_generated: bool = True, only_counts: bool = False, on_step: OnStep = ignore
) -> LearningDays:
    """Everything that may be learned from now. Demo athletes' check-ins are generated and count as such: left out,
    because the generator stands beside them with people of its own. Generated days know burnout only."""
    athletes = Athlete.objects.learnable(LearningScope.DAYS).filter(user__is_demo=False, checkins__isnull=False)
    people = dict(athletes.distinct().values_list("pk", "pseudonym"))
    n_answered = CheckIn.objects.filter(athlete__in=people).count()
    generated = GENERATED_PEOPLE if include_generated and outcome == "burnout" else 0
    if only_counts:
        return LearningDays(len(people), generated, n_answered)
    found: list[Days] = []
    if people:
        begin, today = first_days(people), timezone.now().date()
        rows = days_of(people, first=min(begin.values()), last=today)
        known = outcomes_of(people, outcome)
        mine = {people[pk]: person for pk, person in rows.items()}
        found.append(stacked(mine, {people[pk]: known.get(pk, []) for pk in people}, today))
    if generated:
        found.append(simulate(generated, GENERATED_DAYS, seed=GENERATED_SEED, on_step=on_step).days)
    return LearningDays(len(people), generated, n_answered, found)
