"""Inviting people to a team by a link that works once."""

import math
import secrets
from collections.abc import Iterable
from contextlib import nullcontext
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.languages import speaking_to
from accounts.models import ConsentKind, Invitation, Membership, Team, TeamRole, User
from accounts.models.names import name_in_mail
from accounts.models.team import invitation_hash
from accounts.services.athletes import athlete_for
from accounts.services.audit import audit
from accounts.services.consent import consents_set
from accounts.services.teams import team_join
from web.refusals import Problem

VALID_FOR = timedelta(days=14)
MAX_OPEN = 50
"""Open invitations a team."""
DAY = timedelta(days=1)
MOST_BY_COACH, MOST_TO_ADDRESS = 50, 3
"""Invitations in 24 hours that one coach makes in all teams, and that one address gets from all coaches together: what
is mailed here goes to people who never asked for it."""


def invitation_create(*, team: Team, by: User, role: str = TeamRole.ATHLETE, email: str = "") -> tuple[Invitation, str]:
    """An invitation and the secret of its link, which is never readable again.

    Raises ValidationError when the team has MAX_OPEN open ones, TooManyInvitations when it is enough for today.
    """
    if Invitation.objects.open().filter(team=team).count() >= MAX_OPEN:
        raise ValidationError(
            _("This team has %(n)s open invitations. Revoke some first.") % {"n": MAX_OPEN}, code="too_many"
        )
    secret = secrets.token_urlsafe(24)
    with transaction.atomic():
        User.objects.select_for_update().filter(pk=by.pk).exists()  # two at once do not both take the last place
        _check_day(by, email)
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


class TooManyInvitations(Problem):
    """Enough for today: 429 `too_many_invitations`."""

    def __init__(self, detail: str, first_at: datetime) -> None:
        wait_s = max(60, math.ceil((first_at + DAY - timezone.now()).total_seconds()))
        super().__init__(429, "too_many_invitations", detail, headers={"Retry-After": str(wait_s)})


def _check_day(by: User, email: str) -> None:
    today = Invitation.objects.filter(created_at__gt=timezone.now() - DAY).order_by("created_at")
    own = list(today.filter(created_by=by).values_list("created_at", flat=True))
    if len(own) >= MOST_BY_COACH:
        detail = _("You have invited %(n)s people in 24 hours. Try again tomorrow.") % {"n": MOST_BY_COACH}
        raise TooManyInvitations(detail, own[0])
    if not email:
        return
    mailbox = mailbox_of(email)
    # mail servers ignore what follows a plus: a+1@b.org and a+2@b.org are one person
    alike = today.filter(email__istartswith=mailbox.split("@")[0], email__iendswith="@" + mailbox.split("@")[-1])
    sent = [row.created_at for row in alike if mailbox_of(row.email) == mailbox]
    if len(sent) >= MOST_TO_ADDRESS:
        detail = _("This address has received too many invitations today. Try again tomorrow.")
        raise TooManyInvitations(detail, sent[0])


def mailbox_of(email: str) -> str:
    """Where mail to an address lands, as far as one can tell.

    >>> mailbox_of("Ada+gym@Example.org")
    'ada@example.org'
    """
    name, _at, host = email.strip().lower().rpartition("@")
    return f"{name.partition('+')[0]}@{host}"


def invitation_send(*, invitation: Invitation, link: str) -> None:
    """Mail the link to the invitation's address. Names in it are somebody's words: they are made harmless."""
    team, coach = name_in_mail(invitation.team.name), invitation.created_by
    context = {"invitation": invitation, "team": team, "coach": name_in_mail(coach) if coach else "", "link": link}
    known = User.objects.filter(email__iexact=invitation.email).first()
    with speaking_to(known) if known is not None else nullcontext():  # a stranger's language is the inviter's
        subject = _("Join %(team)s on FitBalance") % {"team": team}
        send_mail(subject, render_to_string("accounts/mail/invitation.txt", context), None, [invitation.email])


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
            raise ValidationError(_("You are already in this team."), code="member")
        now = timezone.now()
        # the address has done its work: who leaves the team later is not known by it any more
        used = Invitation.objects.open().filter(pk=invitation.pk).update(accepted_by=user, accepted_at=now, email="")
        if not used:
            raise ValidationError(_("This invitation no longer works."), code="closed")
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
        return _("This invitation is for a coach, but yours is not a coach account.")
    if not (user.is_athlete or user.is_coach):
        return _("Only athletes and coaches can join teams.")
    return ""
