"""How long somebody trained on a day, from their workouts."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Sum

from accounts.models import Athlete
from sessions.models import Recording


def trained_minutes(*, athlete: Athlete, day: date) -> float | None:
    """Recorded minutes of the athlete's own calendar day; None when nothing was recorded (which is not rest)."""
    begin = datetime.combine(day, time(), ZoneInfo(athlete.user.time_zone))
    end = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(athlete.user.time_zone))
    rows = Recording.objects.filter(session__athlete=athlete, started_at__gte=begin, started_at__lt=end)
    total = rows.aggregate(total=Sum("duration_s"))["total"]
    return None if total is None else total / 60
