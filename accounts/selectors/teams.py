"""Finding teams, members and invitations. What one may not see is missing."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Count, Q, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404

from accounts.models import Invitation, Membership, Team, TeamRole, User
from accounts.models.team import invitation_hash


def team_list(user: User) -> QuerySet[Team]:
    """Visible teams with `n_athletes` and `n_coaches`."""
    active = Q(memberships__ended_at__isnull=True)
    return Team.objects.visible_to(user).annotate(
        n_athletes=Count("memberships", filter=active & Q(memberships__role=TeamRole.ATHLETE)),
        n_coaches=Count("memberships", filter=active & Q(memberships__role=TeamRole.COACH)),
    )


def team_get_for(*, user: User, pk: Any) -> Team:
    return _get(Team.objects.visible_to(user), pk)


def team_get_for_coach(*, user: User, pk: Any) -> Team:
    """A team that `user` coaches; 404 for everybody else."""
    return _get(Team.objects.coached_by(user), pk)


def membership_get_for(*, user: User, pk: Any) -> Membership:
    """An active membership that `user` may end; administrators use the admin."""
    return _get(Membership.objects.editable_by(user).select_related("team", "user"), pk)


def membership_list(team: Team) -> QuerySet[Membership]:
    """Active members of a team, coaches and athletes by name."""
    return (
        Membership.objects.active()
        .filter(team=team)
        .select_related("user", "team")
        .order_by("-role", "user__first_name", "user__username")
    )


def own_memberships(user: User) -> QuerySet[Membership]:
    return Membership.objects.active().filter(user=user).select_related("team").order_by("team__name")


def own_team_get(*, user: User, pk: Any, role: str) -> Team:
    """A team in which `user` is active in that role; 404 otherwise."""
    return _get(Team.objects.filter(pk__in=own_memberships(user).filter(role=role).values("team")), pk)


def invitation_by_secret(secret: str) -> Invitation | None:
    """The invitation behind a link, open or not; None for an unknown secret."""
    return Invitation.objects.select_related("team", "created_by").filter(secret_hash=invitation_hash(secret)).first()


def invitation_get_for(*, user: User, pk: Any) -> Invitation:
    """An invitation that `user` may revoke, as coach of its team."""
    return _get(Invitation.objects.editable_by(user).select_related("team"), pk)


def open_invitations(team: Team) -> QuerySet[Invitation]:
    return Invitation.objects.open().filter(team=team)


def _get(rows: QuerySet, pk: Any) -> Any:
    """One row or 404, also for a key that is no key at all."""
    try:
        return get_object_or_404(rows, pk=pk)
    except (ValidationError, ValueError, OverflowError):
        raise Http404 from None
