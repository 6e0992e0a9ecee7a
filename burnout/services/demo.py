"""Demo life: five months of generated check-ins for every demo athlete, marked and removable exactly."""

from datetime import timedelta

import numpy as np
from django.db import transaction
from django.utils import timezone

from accounts.models import Athlete
from burnout.models import CheckIn, CheckInSource, Outcome, RiskEstimate
from burnout.services.estimates import estimates_rebuild
from mlops.ml.survival.checkins.days import NAMES
from mlops.ml.survival.checkins.simulate import simulate
from web.registries.demo import Say

N_DAYS = 150
SEED = 77
RATINGS = {"sleep_quality", "stress", "soreness", "mood", "fatigue"}
KINDS = ("athlete", "overworked", "balanced", "high_risk", "recovering", "athlete")
"""Which kind of life each demo athlete leads, in the order of their ids."""


def demo_make(say: Say) -> None:
    """Give every demo athlete days up to today (today itself is left to be answered). Idempotent."""
    athletes = Athlete.objects.filter(user__is_demo=True, user__role="athlete").select_related("user")
    made = simulate(120, N_DAYS, seed=SEED)
    used: set[int] = set()
    n = 0
    for place, athlete in enumerate(athletes.order_by("user_id")):
        if CheckIn.objects.filter(athlete=athlete).exists():
            continue
        fits = np.flatnonzero(made.archetype == KINDS[place % len(KINDS)])
        who = next(int(one) for one in fits if int(one) not in used and not made.days.events[one].any())
        used.add(who)
        n += _days(athlete, {name: made.days.values[name][who] for name in NAMES})
        estimates_rebuild(athlete=athlete)
    if n:
        say(f"{n} generated check-ins")


def _days(athlete: Athlete, values: dict[str, np.ndarray]) -> int:
    today = timezone.now().date()
    rows = []
    for i in range(N_DAYS):
        answers = {
            name: (int(value[i]) if name in RATINGS else float(value[i]))
            for name, value in values.items() if np.isfinite(value[i])
        }
        if answers:
            day = today - timedelta(days=N_DAYS - i)
            rows.append(CheckIn(athlete=athlete, day=day, source=CheckInSource.DEMO, is_demo=True, **answers))
    with transaction.atomic():
        CheckIn.objects.bulk_create(rows, batch_size=200)
    return len(rows)


def demo_remove(say: Say) -> int:
    """Delete exactly the demo rows of this app."""
    n = 0
    for model in (RiskEstimate, CheckIn, Outcome):
        n += model.objects.filter(is_demo=True).delete()[0]
    return n
