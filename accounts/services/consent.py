"""Giving and taking back consent, scope by scope."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Athlete, CoachScope, Consent, ConsentKind, LearningScope, Membership, Team, TeamRole, User
from accounts.services.audit import audit
from web.registries import consent as hooks


def consent_grant(*, athlete: Athlete, kind: str, scope: str, team: Team | None = None, by: User) -> Consent:
    """Grant one scope; an active consent is returned unchanged.

    Raises ValidationError for an unknown scope, a learning scope with a team, or a coach scope for a
    team in which the athlete does not train.
    """
    _check(athlete, kind, scope, team)
    with transaction.atomic():
        consent, is_new = Consent.objects.active().get_or_create(athlete=athlete, kind=kind, scope=scope, team=team)
        if is_new:
            audit(actor=by, subject=athlete.user, action="consent.granted", target=team or "", kind=kind, scope=scope)
    return consent


def consent_withdraw(*, athlete: Athlete, kind: str, scope: str, team: Team | None = None, by: User) -> bool:
    """Take one scope back; False when it was not granted. Registered hooks run after the commit."""
    with transaction.atomic():
        active = Consent.objects.active().filter(athlete=athlete, kind=kind, scope=scope, team=team)
        if not active.update(withdrawn_at=timezone.now()):
            return False
        audit(actor=by, subject=athlete.user, action="consent.withdrawn", target=team or "", kind=kind, scope=scope)
        transaction.on_commit(lambda: _run_hooks(athlete.user, kind, scope))
    return True


def consents_set(*, athlete: Athlete, kind: str, scopes: Iterable[str], team: Team | None = None, by: User) -> None:
    """Make exactly `scopes` of one kind (and team) active: grants what is new, withdraws what is left out."""
    wanted = set(scopes)
    with transaction.atomic():
        active = Consent.objects.active().filter(athlete=athlete, kind=kind, team=team)
        for scope in sorted(set(active.values_list("scope", flat=True)) - wanted):
            consent_withdraw(athlete=athlete, kind=kind, scope=scope, team=team, by=by)
        for scope in sorted(wanted):
            consent_grant(athlete=athlete, kind=kind, scope=scope, team=team, by=by)


def _check(athlete: Athlete, kind: str, scope: str, team: Team | None) -> None:
    if kind == ConsentKind.LEARNING:
        if scope not in LearningScope.values or team is not None:
            raise ValidationError(_("You cannot consent to this."), code="scope")
        return
    if kind != ConsentKind.COACH or scope not in CoachScope.values or team is None:
        raise ValidationError(_("You cannot consent to this."), code="scope")
    trains = Membership.objects.active().filter(team=team, user=athlete.user, role=TeamRole.ATHLETE)
    if not trains.exists():
        raise ValidationError(_("You are not an athlete in this team."), code="team")


def _run_hooks(user: User, kind: str, scope: str) -> None:
    for hook in hooks.withdrawn_hooks():
        hook(user, kind, scope)
