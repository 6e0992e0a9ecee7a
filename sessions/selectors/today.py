"""The athlete's home: how ready, the one thing to do now, the last workout, the week, what needs a yes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sessions.models import LiveStream, Recording, Span, SpanState, StreamState, WorkoutSession
from sessions.selectors.done import ExerciseDone, exercises_done, no_exercises
from web.registries.readiness import Readiness, readiness_for

N_WAITING = 3


@dataclass(frozen=True)
class Action:
    """One thing to do. `pk` is the argument of the view, where it takes one."""

    title: str
    text: str
    view: str
    action: str
    icon: str
    pk: str = ""


@dataclass(frozen=True)
class Day:
    """One day of the strip: what was trained, whether there was a check-in."""

    day: date
    minutes: float
    is_answered: bool
    is_today: bool


@dataclass(frozen=True)
class Week:
    """The last seven days, today included; `before_min` the seven before."""

    n_workouts: int = 0
    minutes: float = 0.0
    n_sets: int = 0
    before_min: float = 0.0


@dataclass(frozen=True)
class Today:
    """`readiness` is None where no app tells it; `is_new` while there is neither a workout nor a recording."""

    readiness: Readiness | None
    moment: Action
    days: list[Day]
    last: WorkoutSession | None
    done: list[ExerciseDone]
    last_min: float
    week: Week
    waiting: list[Action] = field(default_factory=list)

    @property
    def is_new(self) -> bool:
        return self.last is None


def today_for(*, user) -> Today:
    """Everything on the home page of an athlete, from their own rows, in a constant number of queries."""
    today = timezone.now().astimezone(ZoneInfo(user.time_zone)).date()
    readiness = readiness_for(user, today)
    workouts = _recent_workouts(user)
    last = workouts[0] if workouts else None
    recordings = list(last.recordings.all()) if last else []
    none = no_exercises()
    return Today(
        readiness=readiness,
        moment=_moment(user, readiness, last),
        days=_days(workouts, readiness, today, user.time_zone),
        last=last,
        done=exercises_done(recordings, none),
        last_min=sum(row.duration_s or 0 for row in recordings) / 60,
        week=_week(workouts, today, user.time_zone, none),
        waiting=_waiting(user),
    )


def _recent_workouts(user) -> list[WorkoutSession]:
    """Those of the last fortnight, newest first, with recordings and labels; else the newest one alone."""
    spans = Prefetch("spans", Span.objects.filter(state=SpanState.CONFIRMED).order_by("start_s"))
    recordings = Prefetch("recordings", Recording.objects.order_by("started_at", "pk").prefetch_related(spans))
    rows: QuerySet[WorkoutSession] = WorkoutSession.objects.editable_by(user).prefetch_related(recordings)
    rows = rows.order_by("-started_at", "-pk")
    found = list(rows.filter(started_at__gte=timezone.now() - timedelta(days=15))[:60])
    return found or list(rows[:1])


def _moment(user, readiness: Readiness | None, last: WorkoutSession | None) -> Action:
    running = (
        LiveStream.objects.filter(session__athlete__user=user, state=StreamState.OPEN)
        .order_by("-started_at").values_list("session_id", flat=True).first()
    )  # fmt: skip
    if running:
        return Action("", "", "workouts:live_watch", _("Continue your session"), "play", str(running))
    if readiness is not None and readiness.is_asked and last is not None:
        return Action("", "", readiness.view, _("Check in"), "plus")
    return Action("", "", "workouts:live", _("Start a workout"), "live")


def _days(workouts: list[WorkoutSession], readiness: Readiness | None, today: date, zone: str) -> list[Day]:
    answered = readiness.days if readiness else frozenset()
    minutes = _minutes_by_day(workouts, zone)
    days = [today - timedelta(days=n) for n in range(6, -1, -1)]
    return [Day(day, minutes.get(day, 0.0), day in answered, day == today) for day in days]


def _week(workouts: list[WorkoutSession], today: date, zone: str, none: frozenset[str]) -> Week:
    minutes = _minutes_by_day(workouts, zone)
    recent = [row for row in workouts if _day(row, zone) > today - timedelta(days=7)]
    sets = sum(len(one.sets) for row in recent for one in exercises_done(row.recordings.all(), none))
    return Week(
        n_workouts=len(recent),
        minutes=sum(value for day, value in minutes.items() if day > today - timedelta(days=7)),
        n_sets=sets,
        before_min=sum(v for d, v in minutes.items() if today - timedelta(days=14) < d <= today - timedelta(days=7)),
    )


def _minutes_by_day(workouts: list[WorkoutSession], zone: str) -> dict[date, float]:
    found: dict[date, float] = {}
    for row in workouts:
        day = _day(row, zone)
        found[day] = found.get(day, 0.0) + sum(one.duration_s or 0 for one in row.recordings.all()) / 60
    return found


def _day(workout: WorkoutSession, zone: str) -> date:
    return workout.started_at.astimezone(ZoneInfo(zone)).date()


def _waiting(user) -> list[Action]:
    """Recordings with proposed labels, newest first."""
    rows = (
        Recording.objects.editable_by(user)
        .annotate(n_proposed=Count("spans", filter=Q(spans__state=SpanState.PROPOSED)))
        .filter(n_proposed__gt=0).select_related("session").order_by("-started_at")[:N_WAITING]
    )  # fmt: skip
    return [
        Action(
            row.session.title,
            ngettext("%(n)s label to confirm", "%(n)s labels to confirm", row.n_proposed) % {"n": row.n_proposed},
            "workouts:recording", _("Review"), "check", str(row.pk),
        )
        for row in rows
    ]  # fmt: skip
