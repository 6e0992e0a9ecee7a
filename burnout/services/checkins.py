"""Keeping what a person says about a day: one row a day, however often it is sent."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Athlete, ConsentKind, LearningScope
from burnout.models import ANSWERS, CheckIn, CheckInSource
from burnout.services.estimates import estimates_refresh
from web.refusals import Problem
from web.registries.bin import BinKind
from web.services.bin import bin_empty, expired

EARLIEST_DAYS = 2 * 366
"""How far back a day may be entered late; imports may go further."""


def own_today(athlete: Athlete) -> date:
    """The calendar day it is where the athlete lives."""
    return timezone.now().astimezone(ZoneInfo(athlete.user.time_zone)).date()


def day_check(*, athlete: Athlete, day: date, oldest_days: int = EARLIEST_DAYS) -> None:
    """Raise ValidationError for a day that has not come yet, or lies too far back."""
    today = own_today(athlete)
    if day > today:
        raise ValidationError({"day": ValidationError(_("This day is in the future."), code="future")})
    if day < today - timedelta(days=oldest_days):
        raise ValidationError({"day": ValidationError(_("This day is too far in the past."), code="too_old")})


def checkin_save(
    *, athlete: Athlete, day: date, answers: Mapping[str, Any], source: str = CheckInSource.WEB
) -> CheckIn:
    """Keep the given answers of a day; what is not among them stays as it was, None takes an answer back.

    The same check-in sent twice is one. RPE and minutes together give the workload. Raises ValidationError by field.
    """
    unknown = set(answers) - set(ANSWERS)
    if unknown:
        name = min(unknown)
        raise ValidationError({name[:40]: ValidationError("Unknown question.", code="unknown_field")})
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
    """Put a day into the bin; estimates that rested on it are made again."""
    athlete, day = checkin.athlete, checkin.day
    CheckIn.objects.filter(pk=checkin.pk).update(deleted_at=timezone.now())
    estimates_refresh(athlete=athlete, since=day)


def checkins_binned(user: Any) -> QuerySet[CheckIn]:
    """Days that a person deleted."""
    rows: QuerySet[CheckIn] = CheckIn.all_with_deleted.editable_by(user).select_related("athlete__user")
    return rows.filter(deleted_at__isnull=False)


def checkin_restore(checkin: CheckIn) -> None:
    """Take a deletion back. Raises Problem 409 where the day was answered again."""
    try:
        with transaction.atomic():
            CheckIn.all_with_deleted.filter(pk=checkin.pk).update(deleted_at=None)
    except IntegrityError:
        raise Problem(409, "answered_again", _("This day was answered again. Delete that check-in first.")) from None
    estimates_refresh(athlete=checkin.athlete, since=checkin.day)


def checkin_purge(checkin: CheckIn) -> None:
    """Remove a day for good, if it is still in the bin."""
    CheckIn.all_with_deleted.filter(pk=checkin.pk, deleted_at__isnull=False).delete()


def bin_expire() -> None:
    """A chore: days that lay in the bin for thirty days go for good."""
    expired(CheckIn.all_with_deleted.all()).delete()


def bin_withdrawn(user: Any, kind: str, scope: str) -> None:
    """Who takes the learning consent for days back has deleted ones removed at once."""
    if kind == ConsentKind.LEARNING and scope == LearningScope.DAYS:
        bin_empty(user=user, names=(DAYS.name,))


DAYS = BinKind(
    "check-in", gettext_lazy("Check-in"), checkins_binned,
    lambda row: _("Check-in for %(day)s") % {"day": date_format(row.day, "j F Y")}, checkin_restore, checkin_purge,
    lambda row: reverse("burnout:recovery"),
)
