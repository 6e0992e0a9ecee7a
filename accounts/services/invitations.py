"""Inviting people to a team by a link that works once."""

import secrets
from collections.abc import Iterable
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from accounts.models import ConsentKind, Invitation, Membership, Team, TeamRole, User
from accounts.models.team import invitation_hash
from accounts.services.athletes import athlete_for
from accounts.services.audit import audit
from accounts.services.consent import consents_set
from accounts.services.teams import team_join

VALID_FOR = timedelta(days=14)
MAX_OPEN = 50
"""Open invitations a team; it also bounds the mail that one coach can cause."""


def invitation_create(*, team: Team, by: User, role: str = TeamRole.ATHLETE, email: str = "") -> tuple[Invitation, str]:
    """An invitation and the secret of its link, which is never readable again.

    Raises ValidationError when the team has MAX_OPEN open ones.
    """
    if Invitation.objects.open().filter(team=team).count() >= MAX_OPEN:
        raise ValidationError("This team has 50 open invitations: revoke some first.", code="too_many")
    secret = secrets.token_urlsafe(24)
    with transaction.atomic():
        invitation = Invitation.objects.create(
            team=team,
            role=role,
            email=email,
            created_by=by,
            secret_hash=invitation_hash(secret),
            expires_at=timezone.now() + VALID_FOR,
        )
        audit(actor=by, action="invitation.created", target=team, role=role)
    return invitation, secret


def invitation_send(*, invitation: Invitation, link: str) -> None:
    """Mail the link to the invitation's address. Raises what the mail backend raises."""
    context = {"invitation": invitation, "team": invitation.team, "coach": invitation.created_by, "link": link}
    send_mail(
        f"Join {invitation.team.name} on FitBalance".replace("\n", " "),
        render_to_string("accounts/mail/invitation.txt", context),
        None,
        [invitation.email],
    )


def invitation_revoke(*, invitation: Invitation, by: User) -> None:
    """The link stops working; an accepted or revoked invitation is left as it is."""
    with transaction.atomic():
        if Invitation.objects.filter(pk=invitation.pk, accepted_at=None, revoked_at=None).update(
            revoked_at=timezone.now()
        ):
            audit(actor=by, action="invitation.revoked", target=invitation.team)


def invitation_accept(*, invitation: Invitation, user: User, scopes: Iterable[str] = ()) -> Membership:
    """Join the team and give its coaches exactly `scopes`. One person can use a link once.

    Raises ValidationError when the link no longer works, the role does not fit or the person is in the team already.
    """
    if misfit := role_misfit(invitation, user):
        raise ValidationError(misfit, code="role")
    with transaction.atomic():
        if Membership.objects.active().filter(team=invitation.team, user=user).exists():
            raise ValidationError("You are in this team already.", code="member")
        now = timezone.now()
        used = Invitation.objects.open().filter(pk=invitation.pk).update(accepted_by=user, accepted_at=now)
        if not used:
            raise ValidationError("This invitation no longer works.", code="closed")
        membership = team_join(team=invitation.team, user=user, role=invitation.role)
        if invitation.role == TeamRole.ATHLETE:
            consents_set(
                athlete=athlete_for(user), kind=ConsentKind.COACH, scopes=scopes, team=invitation.team, by=user
            )
    return membership


def invitation_decline(*, invitation: Invitation, user: User) -> None:
    """The invited person says no: the link stops working."""
    with transaction.atomic():
        if Invitation.objects.open().filter(pk=invitation.pk).update(revoked_at=timezone.now()):
            audit(actor=user, action="invitation.declined", target=invitation.team)


def role_misfit(invitation: Invitation, user: User) -> str:
    """Why somebody of this role cannot accept; "" when they can."""
    if invitation.role == TeamRole.COACH and not user.is_coach:
        return "This invitation is for a coach; your account is not a coach's."
    if not (user.is_athlete or user.is_coach):
        return "Only athletes and coaches join teams."
    return ""
