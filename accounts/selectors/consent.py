"""What an athlete has agreed to, for pages."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from accounts.models import Athlete, CoachScope, Consent, ConsentKind, LearningScope, Membership, Team, TeamRole
from accounts.words import COACH_SCOPES, LEARNING_SCOPES


@dataclass(frozen=True)
class ScopeRow:
    """One thing to consent to: stored value, title, meaning, and since when it is granted."""

    value: str
    title: str
    meaning: str
    since: datetime | None = None

    @property
    def is_granted(self) -> bool:
        return self.since is not None


@dataclass(frozen=True)
class TeamConsents:
    """What one team's coaches may see."""

    team: Team
    coaches: list[str]
    scopes: list[ScopeRow]


def coach_scope_rows(since: dict[str, datetime] | None = None) -> list[ScopeRow]:
    """All coach scopes; `since` maps granted values to their time."""
    granted = since or {}
    return [ScopeRow(s.value, str(s.label), str(COACH_SCOPES[s]), granted.get(s.value)) for s in CoachScope]


def learning_scope_rows(athlete: Athlete) -> list[ScopeRow]:
    granted = _since(Consent.objects.active().filter(athlete=athlete, kind=ConsentKind.LEARNING))
    return [ScopeRow(s.value, str(s.label), str(LEARNING_SCOPES[s]), granted.get(s.value)) for s in LearningScope]


def team_consents(athlete: Athlete) -> list[TeamConsents]:
    """Each team in which the athlete trains now, by name."""
    trains_in = Membership.objects.active().filter(user=athlete.user, role=TeamRole.ATHLETE)
    teams = Team.objects.filter(pk__in=trains_in.values("team"))
    consents = Consent.objects.active().filter(athlete=athlete, kind=ConsentKind.COACH)
    return [
        TeamConsents(team, coach_names(team), coach_scope_rows(_since(consents.filter(team=team)))) for team in teams
    ]


def coach_names(team: Team) -> list[str]:
    coaches = Membership.objects.active().filter(team=team, role=TeamRole.COACH).select_related("user")
    return sorted(str(membership.user) for membership in coaches)


def consent_history(athlete: Athlete) -> QuerySet[Consent]:
    """Everything ever granted, newest first."""
    return Consent.objects.filter(athlete=athlete).select_related("team")


def _since(consents: QuerySet[Consent]) -> dict[str, datetime]:
    return dict(consents.values_list("scope", "granted_at"))
