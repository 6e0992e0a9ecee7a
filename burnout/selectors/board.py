"""The coach's board: the athletes of a team who share recovery, by who needs attention."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Athlete, CoachScope, Consent, ConsentKind, Membership, Team, TeamRole
from burnout.models import CheckIn, Outcome, RiskEstimate
from burnout.selectors.recovery import Driver, drivers_of

STALE_DAYS = 3
MIN_ANSWERED = 14

LEAST_FACTOR = 1.05
"""What raises the hazard by less reads "× 1.0" on the board: no reason."""


@dataclass(frozen=True)
class BoardRow:
    """One athlete. Nothing but the name where recovery is not shared."""

    name: str
    athlete: int | None = None
    estimate: RiskEstimate | None = None
    last_day: date | None = None
    n_answered: int = 0
    """Days with a check-in in the last 28."""
    flags: tuple[str, ...] = ()

    @property
    def is_shared(self) -> bool:
        return self.athlete is not None

    @property
    def drivers(self) -> list[Driver]:
        """The two strongest reasons that raise the risk."""
        found = drivers_of(self.estimate) if self.estimate else []
        return [one for one in found if one.factor >= LEAST_FACTOR][:2]

    @property
    def level(self) -> str:
        """ "high", "raised" or "usual", against an average person of the model's data; empty without an estimate."""
        return "" if self.estimate is None else self.estimate.level


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
    own_estimates = RiskEstimate.objects.filter(athlete=OuterRef("pk")).order_by("-day")
    own_days = CheckIn.objects.filter(athlete=OuterRef("pk")).order_by("-day")
    recent = own_days.filter(day__gt=today - timedelta(days=28)).order_by().values("athlete")
    # each looks only at the newest rows of an athlete, by the index of (athlete, day): years of days cost nothing
    found = Athlete.objects.filter(pk__in=people).values_list(
        "pk", Subquery(own_estimates.values("pk")[:1]), Subquery(own_days.values("day")[:1]),
        Subquery(own_days.values("is_injured")[:1]), Subquery(recent.annotate(n=Count("pk")).values("n")),
    )
    facts = {pk: (estimate, last, bool(injured), n or 0) for pk, estimate, last, injured, n in found}
    wanted = [estimate for estimate, *_ in facts.values() if estimate is not None]
    estimates = {row.athlete_id: row for row in RiskEstimate.objects.filter(pk__in=wanted).defer("curve")}
    unwell = set(Outcome.objects.filter(athlete__in=people, ended_on=None).values_list("athlete", flat=True))
    rows = []
    for pk, name in people.items():
        _, last, is_injured, n_answered = facts[pk]
        flags = _flags(last, n_answered, today, is_injured, pk in unwell)
        rows.append(BoardRow(name, pk, estimates.get(pk), last_day=last, n_answered=n_answered, flags=flags))
    return rows


def _flags(last: date | None, n_answered: int, today: date, is_injured: bool, is_unwell: bool) -> tuple[str, ...]:
    flags = []
    if last is None:
        flags.append(_("no check-in yet"))
    elif (today - last).days > STALE_DAYS:
        flags.append(_("no check-in for %(days)s days") % {"days": (today - last).days})
    if last is not None and n_answered < MIN_ANSWERED:
        flags.append(_("%(n_answered)s of 28 days answered") % {"n_answered": n_answered})
    if is_injured:
        flags.append(_("reports an injury"))
    if is_unwell:
        flags.append(_("current injury, illness or burnout"))
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
