"""What a coach's pages show: who is live, when everyone last trained, minutes this week."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Max, QuerySet, Sum
from django.shortcuts import get_object_or_404
from django.utils import timezone

from accounts.models import Athlete, CoachScope, Membership, Team, TeamRole
from sessions.live.selectors.streams import athletes_sharing_with, streams_live
from sessions.models import Recording, WorkoutSession
from sessions.selectors.workouts import NOT_BINNED


@dataclass(frozen=True)
class BoardRow:
    """One athlete of a team; everything but the name is empty where training is not shared."""

    athlete: int | None
    name: str
    is_shared: bool
    live_session: UUID | None = None
    last_at: datetime | None = None
    last_title: str = ""
    last_session: UUID | None = None
    week_min: float = 0.0


@dataclass(frozen=True)
class TeamCard:
    """A team on the coach's overview."""

    team: Team
    n_athletes: int
    n_sharing: int
    live: list[str] = field(default_factory=list)
    last_at: datetime | None = None


def team_board(*, user: Any, team: Team) -> list[BoardRow]:
    """Every athlete of a team that `user` coaches: those who are live first, then by name."""
    members = (
        Membership.objects.active().filter(team=team, role=TeamRole.ATHLETE).select_related("user__athlete")
        .order_by("user__first_name", "user__username")
    )
    sharing = athletes_sharing_with(team.pk)
    facts = _facts(user, sharing)
    rows = []
    for member in members:
        athlete = getattr(member.user, "athlete", None)
        key = athlete.pk if athlete is not None else None
        if key not in sharing:
            rows.append(BoardRow(None, str(member.user), False))
        else:
            rows.append(BoardRow(key, str(member.user), True, **facts.get(key, {})))
    return sorted(rows, key=lambda row: (row.live_session is None, not row.is_shared))


def team_cards(*, user: Any) -> list[TeamCard]:
    """The teams that `user` coaches, with who is live now."""
    cards = []
    for team in Team.objects.coached_by(user).order_by("name"):
        rows = team_board(user=user, team=team)
        days = [row.last_at for row in rows if row.last_at]
        cards.append(TeamCard(
            team, len(rows), sum(row.is_shared for row in rows), [row.name for row in rows if row.live_session],
            max(days, default=None),
        ))
    return cards


def athlete_get_for(*, user: Any, pk: Any) -> Athlete:
    """An athlete whose training `user` may see; 404 for missing and forbidden alike."""
    return get_object_or_404(Athlete.objects.visible_to(user, CoachScope.TRAINING).select_related("user"), pk=pk)


def athlete_workouts(*, user: Any, athlete: Athlete) -> QuerySet[WorkoutSession]:
    """The athlete's workouts, newest first, with recorded seconds."""
    return (
        WorkoutSession.objects.visible_to(user).filter(athlete=athlete)
        .annotate(recorded_s=Sum("recordings__duration_s", filter=NOT_BINNED, default=0.0))
        .order_by("-started_at", "-pk")
    )


def week_minutes(athletes: Iterable[int]) -> dict[int, float]:
    """athlete → recorded minutes since Monday (of the reader's time zone)."""
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    monday = today - timedelta(days=today.weekday())
    rows = (
        Recording.objects.filter(session__athlete__in=set(athletes), started_at__gte=monday)
        .values("session__athlete").annotate(seconds=Sum("duration_s"))
    )
    return {row["session__athlete"]: row["seconds"] / 60 for row in rows}


def _facts(user: Any, athletes: set[int]) -> dict[int, dict[str, Any]]:
    """athlete → the fields of its board row; three queries for any number of athletes."""
    facts: dict[int, dict[str, Any]] = {key: {} for key in athletes}
    minutes = week_minutes(athletes)
    newest = (
        WorkoutSession.objects.filter(athlete__in=athletes).order_by().values("athlete").annotate(at=Max("started_at"))
    )
    when = {row["athlete"]: row["at"] for row in newest}
    for session in WorkoutSession.objects.filter(athlete__in=athletes, started_at__in=set(when.values())):
        if when[session.athlete_id] == session.started_at:
            facts[session.athlete_id] |= {
                "last_at": session.started_at, "last_title": session.title, "last_session": session.pk
            }
    for stream in streams_live(user=user).filter(session__athlete__in=athletes):
        facts[stream.session.athlete_id]["live_session"] = stream.session_id
    for key, value in minutes.items():
        facts[key]["week_min"] = value
    return facts
