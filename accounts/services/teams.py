"""Teams and who belongs to them."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Athlete, Consent, ConsentKind, Membership, Team, TeamRole, User
from accounts.services.audit import audit
from accounts.services.consent import consent_withdraw


def team_create(*, coach: User, name: str) -> Team:
    """A new team with `coach` as its first coach. Raises PermissionDenied for other roles."""
    if not coach.is_coach:
        raise PermissionDenied(_("Only coaches can create teams."))
    with transaction.atomic():
        team = Team.objects.create(name=name)
        Membership.objects.create(team=team, user=coach, role=TeamRole.COACH)
        audit(actor=coach, action="team.created", target=team)
    return team


def team_rename(*, team: Team, name: str, by: User) -> None:
    team.name = name
    with transaction.atomic():
        team.save(update_fields=["name"])
        audit(actor=by, action="team.renamed", target=team)


def team_join(*, team: Team, user: User, role: str) -> Membership:
    """An active membership of that role; an existing one is returned unchanged."""
    with transaction.atomic():
        membership, is_new = Membership.objects.active().get_or_create(team=team, user=user, defaults={"role": role})
        if is_new:
            if role == TeamRole.ATHLETE:
                Athlete.objects.get_or_create(user=user)
            audit(actor=user, action="membership.started", target=team, role=role)
    return membership


def membership_end(*, membership: Membership, by: User) -> None:
    """End a membership now, together with the consents that athlete gave to the team.

    Raises ValidationError for the last coach of a team that still has other members: nobody would be left to end it.
    """
    with transaction.atomic():
        others = Membership.objects.active().filter(team=membership.team).exclude(pk=membership.pk)
        if membership.role == TeamRole.COACH and others.exists() and not others.filter(role=TeamRole.COACH).exists():
            raise ValidationError(
            _("You are the only coach of this team. Invite another coach or close the team."), code="last_coach"
        )
        _end(membership, by)


def team_close(*, team: Team, by: User) -> None:
    """End every membership and open invitation; the athletes' data stays theirs, nobody else sees it."""
    with transaction.atomic():
        for membership in Membership.objects.active().filter(team=team).select_related("user", "team"):
            _end(membership, by)
        team.invitations.filter(accepted_at=None, revoked_at=None).update(revoked_at=timezone.now())
        audit(actor=by, action="team.closed", target=team)


def _end(membership: Membership, by: User) -> None:
    if not Membership.objects.active().filter(pk=membership.pk).update(ended_at=timezone.now()):
        return
    audit(actor=by, subject=membership.user, action="membership.ended", target=membership.team, role=membership.role)
    consents = Consent.objects.active().filter(
        athlete__user=membership.user, team=membership.team, kind=ConsentKind.COACH
    )
    for consent in consents.select_related("athlete__user"):
        consent_withdraw(athlete=consent.athlete, kind=consent.kind, scope=consent.scope, team=membership.team, by=by)
