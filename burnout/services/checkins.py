"""Keeping what a person says about a day: one row a day, however often it is sent."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.models import Athlete
from burnout.models import ANSWERS, CheckIn, CheckInSource
from burnout.services.estimates import estimates_refresh

EARLIEST_DAYS = 2 * 366
"""How far back a day may be entered late; imports may go further."""


def own_today(athlete: Athlete) -> date:
    """The calendar day it is where the athlete lives."""
    return timezone.now().astimezone(ZoneInfo(athlete.user.time_zone)).date()


def day_check(*, athlete: Athlete, day: date, oldest_days: int = EARLIEST_DAYS) -> None:
    """Raise ValidationError for a day that has not come yet, or lies too far back."""
    today = own_today(athlete)
    if day > today:
        raise ValidationError({"day": ValidationError("This day has not come yet.", code="future")})
    if day < today - timedelta(days=oldest_days):
        raise ValidationError({"day": ValidationError("This day lies too far back.", code="too_old")})


def checkin_save(
    *, athlete: Athlete, day: date, answers: Mapping[str, Any], source: str = CheckInSource.WEB
) -> CheckIn:
    """Keep the given answers of a day; what is not among them stays as it was, None takes an answer back.

    The same check-in sent twice is one. RPE and minutes together give the workload. Raises ValidationError by field.
    """
    unknown = set(answers) - set(ANSWERS)
    if unknown:
        name = min(unknown)
        raise ValidationError({name[:40]: ValidationError("There is no such question.", code="unknown_field")})
    day_check(athlete=athlete, day=day)
    with transaction.atomic():
        row = CheckIn.objects.select_for_update().filter(athlete=athlete, day=day).first()
        row = row or CheckIn(athlete=athlete, day=day, is_demo=athlete.user.is_demo)
        for name, value in answers.items():
            setattr(row, name, ("" if value is None else value) if name == "note" else value)
        if {"rpe", "minutes"} & set(answers) and "workload" not in answers:
            row.workload = None if row.rpe is None or row.minutes is None else row.rpe * row.minutes
        row.source = source
        row.full_clean(validate_unique=False, validate_constraints=False)
        row.save()
    estimates_refresh(athlete=athlete, since=day)
    return row


def checkin_delete(*, checkin: CheckIn) -> None:
    """Take a whole day back; estimates that rested on it are made again."""
    athlete, day = checkin.athlete, checkin.day
    checkin.delete()
    estimates_refresh(athlete=athlete, since=day)
