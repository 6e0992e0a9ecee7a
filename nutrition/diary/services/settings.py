"""What an athlete chooses about food, and what their body weighs."""

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Athlete
from accounts.services.athletes import athlete_body_set
from burnout.services.checkins import day_check
from nutrition.models import BodyMass, NutritionSettings

CHOICES = ("goal", "sex", "birth_year", "is_pregnant", "hide_energy", "energy_kcal", "protein_g")


def settings_save(*, athlete: Athlete, **chosen: Any) -> NutritionSettings:
    """Keep choices; those that are not named stay. Raises ValidationError by field."""
    row = NutritionSettings.objects.filter(athlete=athlete).first() or NutritionSettings(athlete=athlete)
    for name in CHOICES:
        if name in chosen:
            setattr(row, name, chosen[name])
    row.full_clean(exclude=["athlete"], validate_unique=False)
    for name, least, most in (("energy_kcal", 500, 10_000), ("protein_g", 10, 500)):
        value = getattr(row, name)
        if value is not None and not least <= value <= most:
            text = _("Choose a value between %(least)s and %(most)s.") % {"least": least, "most": most}
            raise ValidationError({name: ValidationError(text, code="out_of_range")})
    row.save()
    return row


def body_mass_save(*, athlete: Athlete, day: date, mass_kg: float) -> BodyMass:
    """Keep what a body weighed on a day; the newest is the profile's, too. Raises ValidationError by field."""
    day_check(athlete=athlete, day=day)
    with transaction.atomic():
        newest = BodyMass.objects.filter(athlete=athlete).order_by("-day").first()
        if newest is None or newest.day <= day:
            athlete_body_set(athlete=athlete, height_m=athlete.height_m, mass_kg=mass_kg)
        row, _made = BodyMass.objects.update_or_create(athlete=athlete, day=day, defaults={"mass_kg": mass_kg})
    return row


def body_mass_delete(*, row: BodyMass) -> None:
    """Forget one day's weight; the profile goes back to the one before, where this was its own."""
    athlete = row.athlete
    with transaction.atomic():
        row.delete()
        newest = BodyMass.objects.filter(athlete=athlete).order_by("-day").first()
        if newest is not None and athlete.mass_kg == row.mass_kg:
            athlete_body_set(athlete=athlete, height_m=athlete.height_m, mass_kg=newest.mass_kg)
