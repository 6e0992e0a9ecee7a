"""The custom user."""

import zoneinfo
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.names import validate_name
from web import units as measures


class Role(models.TextChoices):
    """What a person is here for; it decides pages and access."""

    ATHLETE = "athlete", _("Athlete")
    COACH = "coach", _("Coach")
    ML_STAFF = "ml_staff", _("ML staff")
    ADMINISTRATOR = "administrator", _("Administrator")


class Units(models.TextChoices):
    """How quantities are shown where nothing else is chosen for one of them; stored values are always SI."""

    METRIC = "metric", _("Metric (kg, km, cm)")
    IMPERIAL = "imperial", _("Imperial (lb, mi, ft)")


MASS_UNITS = [("kg", _("Kilograms (kg)")), ("lb", _("Pounds (lb)"))]
DISTANCE_UNITS = [("km", _("Kilometres (km)")), ("mi", _("Miles (mi)"))]
LENGTH_UNITS = [("cm", _("Centimetres (cm)")), ("ft", _("Feet and inches (ft, in)"))]
ENERGY_UNITS = [("kcal", _("Kilocalories (kcal)")), ("kJ", _("Kilojoules (kJ)"))]


def validate_time_zone(name: str) -> None:
    """Accept IANA names only."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(_("Choose a time zone from the list, for example Africa/Accra."), code="time_zone")


ADMIN_SITE_ROLES = frozenset({Role.COACH, Role.ML_STAFF, Role.ADMINISTRATOR})
"""Roles that may open Django's admin; what they see there is decided per table."""


def validate_language(code: str) -> None:
    """Accept what the site is written in."""
    if code not in dict(settings.LANGUAGES):
        raise ValidationError(_("This language is not available."), code="language")


class FitBalanceUserManager(UserManager["User"]):
    """Django's own, except that `createsuperuser` makes an administrator."""

    def create_superuser(
        self, username: str, email: str | None = None, password: str | None = None, **fields: Any
    ) -> "User":
        fields.setdefault("role", Role.ADMINISTRATOR)
        return super().create_superuser(username, email, password, **fields)


class User(AbstractUser):
    """A person who signs in. Login is by e-mail or user name."""

    first_name = models.CharField(_("first name"), max_length=150, blank=True, validators=[validate_name])
    last_name = models.CharField(_("last name"), max_length=150, blank=True, validators=[validate_name])
    email = models.EmailField(_("email"), unique=True)
    role = models.CharField(max_length=16, choices=Role.choices, default=Role.ATHLETE)
    units = models.CharField(max_length=8, choices=Units.choices, default=Units.METRIC)
    mass_unit = models.CharField(max_length=4, choices=MASS_UNITS, blank=True, default="")
    """Empty, as the next three: the one of `units`."""
    distance_unit = models.CharField(max_length=4, choices=DISTANCE_UNITS, blank=True, default="")
    length_unit = models.CharField(max_length=4, choices=LENGTH_UNITS, blank=True, default="")
    energy_unit = models.CharField(max_length=4, choices=ENERGY_UNITS, blank=True, default="")
    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_time_zone])
    language = models.CharField(max_length=8, blank=True, default="", validators=[validate_language])
    """As in settings.LANGUAGES; empty follows the browser."""
    is_demo = models.BooleanField(default=False, editable=False)

    objects = FitBalanceUserManager()

    @property
    def reads_in(self) -> measures.Units:
        """The units in which this person reads."""
        return measures.units_for(
            self.units, mass=self.mass_unit, distance=self.distance_unit, length=self.length_unit,
            energy=self.energy_unit,
        )  # fmt: skip

    @property
    def is_athlete(self) -> bool:
        return self.role == Role.ATHLETE

    @property
    def is_coach(self) -> bool:
        return self.role == Role.COACH

    @property
    def is_ml_staff(self) -> bool:
        return self.role == Role.ML_STAFF

    @property
    def is_administrator(self) -> bool:
        return self.role == Role.ADMINISTRATOR

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        """Keep `is_staff` (may open the admin site) in step with the role."""
        self.is_staff = self.role in ADMIN_SITE_ROLES
        if update_fields is not None and "role" in update_fields:
            update_fields = {*update_fields, "is_staff"}
        super().save(*args, update_fields=update_fields, **kwargs)

    def __str__(self) -> str:
        return self.get_full_name() or self.username
