"""The athlete behind a user."""

import math
from collections.abc import Callable

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext as _

from accounts.models import Athlete, User
from accounts.models.athlete import HEIGHT_M, MASS_KG
from web.units import length_text, mass_text


class NotAnAthlete(PermissionDenied):
    """ML staff and administrators record no workouts; pages answer 403."""


def athlete_for(user: User) -> Athlete:
    """The Athlete row of an athlete or coach, made on first use. Raises NotAnAthlete for other roles."""
    if not (user.is_athlete or user.is_coach):
        raise NotAnAthlete(_("Only athletes and coaches have workouts."))
    return Athlete.objects.get_or_create(user=user)[0]


def athlete_body_set(*, athlete: Athlete, height_m: float | None, mass_kg: float | None) -> Athlete:
    """Keep what a body measures, in SI; None forgets it. Raises ValidationError by field, in the reader's units."""
    wrong = {
        "height_m": _out_of(height_m, HEIGHT_M, length_text, _("Height must be between %(least)s and %(most)s.")),
        "mass_kg": _out_of(mass_kg, MASS_KG, mass_text, _("Weight must be between %(least)s and %(most)s.")),
    }
    if found := {name: text for name, text in wrong.items() if text}:
        raise ValidationError({name: ValidationError(text, code="out_of_range") for name, text in found.items()})
    athlete.height_m, athlete.mass_kg = height_m, mass_kg
    athlete.save(update_fields=["height_m", "mass_kg"])
    return athlete


def _out_of(
    value: float | None, bounds: tuple[float, float], text: Callable[[float], str], sentence: str
) -> str | None:
    """Why a value is refused; None where it is not."""
    if value is None or (math.isfinite(value) and bounds[0] <= value <= bounds[1]):
        return None
    return sentence % {"least": text(bounds[0]), "most": text(bounds[1])}
