"""The coach's board: the athletes of a team who share recovery, by who needs attention."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Max, QuerySet
from django.utils import timezone

from accounts.models import Athlete, CoachScope, Consent, ConsentKind, Membership, Team, TeamRole
from burnout.models import CheckIn, Outcome, RiskEstimate
from burnout.selectors.recovery import Driver, drivers_of

STALE_DAYS = 3
LEAST_ANSWERED = 14


@dataclass(frozen=True)
class BoardRow:
    """One athlete. Nothing but the name where recovery is not shared."""

    name: str
    athlete: int | None = None
    estimate: RiskEstimate | None = None
    drivers: tuple[Driver, ...] = ()
    last_day: date | None = None
    n_answered: int = 0
    """Days with a check-in in the last 28."""
    flags: tuple[str, ...] = ()

    @property
    def is_shared(self) -> bool:
        return self.athlete is not None

    @property
    def level(self) -> str:
        """ "high", "raised" or "usual", against an average person of the model's data; empty without an estimate."""
        if self.estimate is None:
            return ""
        ratio = self.estimate.risk / max(self.estimate.usual, 1e-9)
        return "high" if ratio >= 3 else "raised" if ratio >= 1.5 else "usual"


def recovery_board(*, team: Team) -> list[BoardRow]:
    """Every athlete of the team, highest risk first, then those whose data is missing, then who does not share.

    The number of queries does not depend on the number of athletes or days.
    """
    members = list(
        Membership.objects.active().filter(team=team, role=TeamRole.ATHLETE).select_related("user__athlete")
        .order_by("user__first_name", "user__username")
    )
    sharing = set(
        Consent.objects.active().filter(kind=ConsentKind.COACH, scope=CoachScope.RECOVERY, team=team)
        .values_list("athlete", flat=True)
    )
    people: dict[int, str] = {}
    hidden = []
    for member in members:
        athlete = getattr(member.user, "athlete", None)
        if athlete is not None and athlete.pk in sharing:
            people[athlete.pk] = str(member.user)
        else:
            hidden.append(BoardRow(str(member.user)))
    rows = _rows(people)
    rows.sort(key=lambda row: (row.estimate is None, -(row.estimate.risk if row.estimate else 0.0), row.name))
    return [*rows, *hidden]


def _rows(people: dict[int, str]) -> list[BoardRow]:
    today = timezone.now().date()
    newest = RiskEstimate.objects.filter(athlete__in=people).order_by().values("athlete").annotate(day=Max("day"))
    wanted = {(row["athlete"], row["day"]) for row in newest}
    estimates: dict[int, RiskEstimate] = {}
    recent_days = {day for _, day in wanted}
    for estimate in RiskEstimate.objects.filter(athlete__in=people, day__in=recent_days).defer("curve"):
        if (estimate.athlete_id, estimate.day) in wanted:
            estimates[estimate.athlete_id] = estimate
    last = dict(CheckIn.objects.filter(athlete__in=people).order_by().values_list("athlete").annotate(Max("day")))
    counted: dict[int, int] = {}
    recent = CheckIn.objects.filter(athlete__in=people, day__gt=today - timedelta(days=28)).order_by()
    injured: set[int] = set()
    for pk, is_injured, day in recent.values_list("athlete", "is_injured", "day"):
        counted[pk] = counted.get(pk, 0) + 1
        if is_injured and day == last.get(pk):
            injured.add(pk)
    unwell = set(Outcome.objects.filter(athlete__in=people, ended_on=None).values_list("athlete", flat=True))
    rows = []
    for pk, name in people.items():
        facts: dict[str, Any] = {"last_day": last.get(pk), "n_answered": counted.get(pk, 0)}
        flags = _flags(facts["last_day"], facts["n_answered"], today, pk in injured, pk in unwell)
        own = estimates.get(pk)
        drivers = tuple(one for one in drivers_of(own) if one.raises)[:2] if own else ()
        rows.append(BoardRow(name, pk, own, drivers, flags=flags, **facts))
    return rows


def _flags(last: date | None, n_answered: int, today: date, is_injured: bool, is_unwell: bool) -> tuple[str, ...]:
    flags = []
    if last is None:
        flags.append("no check-in yet")
    elif (today - last).days > STALE_DAYS:
        flags.append(f"silent for {(today - last).days} days")
    if last is not None and n_answered < LEAST_ANSWERED:
        flags.append(f"{n_answered} of 28 days answered")
    if is_injured:
        flags.append("says injured")
    if is_unwell:
        flags.append("open injury, illness or burnout")
    return tuple(flags)


def teams_coached(*, user: Any) -> QuerySet[Team]:
    """The teams that `user` coaches, by name."""
    own = Membership.objects.active().filter(user=user, role=TeamRole.COACH)
    return Team.objects.filter(pk__in=own.values("team")).order_by("name")


def team_for_recovery(*, user: Any, pk: Any) -> Team:
    """A team that `user` coaches; 404 for every other one."""
    from accounts.selectors.teams import team_get_for_coach

    return team_get_for_coach(user=user, pk=pk)


def athlete_sharing_recovery(*, user: Any, pk: Any) -> Athlete:
    """An athlete whose recovery `user` may see; 404 for everybody else."""
    from django.shortcuts import get_object_or_404

    found: Athlete = get_object_or_404(
        Athlete.objects.visible_to(user, CoachScope.RECOVERY).select_related("user"), pk=pk
    )
    return found
