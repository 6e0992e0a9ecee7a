"""Recording injuries, illness and burnout as judged by people."""

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import Athlete
from burnout.models import Outcome
from burnout.services.checkins import day_check

OLDEST_DAYS = 10 * 366


def outcome_record(
    *, athlete: Athlete, kind: str, began_on: date, ended_on: date | None, judged_by: str, note: str, by: Any,
    is_demo: bool = False,
) -> Outcome:
    """Keep one; the same kind from the same day is one outcome. Raises ValidationError by field."""
    row = Outcome(
        athlete=athlete, kind=kind, began_on=began_on, ended_on=ended_on, judged_by=judged_by, note=note,
        entered_by=by, is_demo=is_demo,
    )
    _check(row)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise ValidationError(
            {"began_on": ValidationError(_("You have already added this."), code="duplicate")}
        ) from None
    return row


def outcome_change(*, outcome: Outcome, **changes: Any) -> Outcome:
    """Change kind, days, judge or note. Raises ValidationError by field."""
    for name, value in changes.items():
        setattr(outcome, name, value)
    _check(outcome)
    outcome.save()
    return outcome


def _check(row: Outcome) -> None:
    row.full_clean(validate_unique=False, validate_constraints=False)
    day_check(athlete=row.athlete, day=row.began_on, oldest_days=OLDEST_DAYS)
    if row.ended_on is not None:
        day_check(athlete=row.athlete, day=row.ended_on, oldest_days=OLDEST_DAYS)
        if row.ended_on < row.began_on:
            raise ValidationError({"ended_on": ValidationError(_("The end can't be before the start."), code="order")})
