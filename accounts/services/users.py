"""Changing accounts."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Membership, Role, TeamRole, User
from accounts.services import login_limit
from accounts.services.audit import audit
from accounts.services.browser_sessions import sign_out_everywhere
from accounts.services.teams import membership_end
from web.units import Units, units_for


def user_set_role(*, user: User, role: str, by: User) -> None:
    """Give a person another role; only administrators may. Memberships that no longer fit end.

    Raises PermissionDenied; ValidationError for an unknown role, one's own role, or the only coach of a team.
    """
    if not by.is_administrator:
        raise PermissionDenied(_("Only administrators can change roles."))
    if role not in Role.values:
        raise ValidationError({"role": _("This role does not exist.")}, code="role")
    if user.pk == by.pk:
        raise ValidationError({"role": _("Ask another administrator to change your role.")}, code="own_role")
    before = User.objects.values_list("role", flat=True).get(pk=user.pk)
    if before == role:
        return
    with transaction.atomic():
        unfit = Membership.objects.active().filter(user=user)
        if role == Role.ATHLETE:
            unfit = unfit.filter(role=TeamRole.COACH)
        if role != Role.COACH:
            for membership in unfit.select_related("team", "user"):
                membership_end(membership=membership, by=by)
        user.role = role
        user.save(update_fields=["role"])
        audit(actor=by, subject=user, action="role.changed", target=user, before=before, after=role)


def user_units_begin(*, user: User, system: str, usual: Units) -> None:
    """The first units of a new account: a system, with what differs from it in their country where they kept to it."""
    user.units = system
    if system == usual.system:
        plain = units_for(system)
        user.mass_unit = usual.mass if usual.mass != plain.mass else ""
        user.distance_unit = usual.distance if usual.distance != plain.distance else ""
        user.length_unit = usual.length if usual.length != plain.length else ""
        user.energy_unit = usual.energy if usual.energy != plain.energy else ""
    user.save(update_fields=["units", "mass_unit", "distance_unit", "length_unit", "energy_unit"])


def user_language_set(*, user: User, language: str) -> None:
    """Remember the language in which a person reads the site."""
    user.language = language
    user.save(update_fields=["language"])


def password_change(*, user: User, current: str, new: str, keep_session: str | None = None) -> None:
    """Set a new password and sign out everywhere else.

    Raises ValidationError by field, TooManyLogins after five wrong current passwords.
    """
    attempt = login_limit.attempt_begin(user.username)
    if not user.check_password(current):
        raise ValidationError({"current_password": _("Wrong password.")}, code="password")
    login_limit.attempt_succeeded(attempt)
    try:
        validate_password(new, user)
    except ValidationError as error:
        raise ValidationError({"new_password": error.messages}, code="password") from None
    with transaction.atomic():
        user.set_password(new)
        user.save(update_fields=["password"])
        audit(actor=user, action="password.changed", target=user)
    sign_out_everywhere(user=user, keep=keep_session)
