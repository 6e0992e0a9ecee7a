"""The athlete behind a user."""

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from accounts.models import Athlete, User


class NotAnAthlete(PermissionDenied):
    """ML staff and administrators record no workouts; pages answer 403."""


def athlete_for(user: User) -> Athlete:
    """The Athlete row of an athlete or coach, made on first use. Raises NotAnAthlete for other roles."""
    if not (user.is_athlete or user.is_coach):
        raise NotAnAthlete(_("Only athletes and coaches have workouts."))
    return Athlete.objects.get_or_create(user=user)[0]
