"""The custom user."""

import zoneinfo
from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import AbstractUser, UserManager
from django.core.exceptions import ValidationError
from django.db import models


class Role(models.TextChoices):
    """What a person is here for; it decides pages and access."""

    ATHLETE = "athlete", "Athlete"
    COACH = "coach", "Coach"
    ML_STAFF = "ml_staff", "ML staff"
    ADMINISTRATOR = "administrator", "Administrator"


class Units(models.TextChoices):
    """How masses and lengths are shown; stored values are always SI."""

    METRIC = "metric", "Metric (kg, cm)"
    IMPERIAL = "imperial", "Imperial (lb, in)"


def validate_time_zone(name: str) -> None:
    """Accept IANA names only."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError("Choose a time zone from the list, for example Africa/Accra.", code="time_zone")


ADMIN_SITE_ROLES = frozenset({Role.COACH, Role.ML_STAFF, Role.ADMINISTRATOR})
"""Roles that may open Django's admin; what they see there is decided per table."""


class FitBalanceUserManager(UserManager["User"]):
    """Django's own, except that `createsuperuser` makes an administrator."""

    def create_superuser(
        self, username: str, email: str | None = None, password: str | None = None, **fields: Any
    ) -> "User":
        fields.setdefault("role", Role.ADMINISTRATOR)
        return super().create_superuser(username, email, password, **fields)


class User(AbstractUser):
    """A person who signs in. Login is by e-mail or user name."""

    email = models.EmailField("e-mail", unique=True)
    role = models.CharField(max_length=16, choices=Role.choices, default=Role.ATHLETE)
    units = models.CharField(max_length=8, choices=Units.choices, default=Units.METRIC)
    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_time_zone])
    is_demo = models.BooleanField(default=False, editable=False)

    objects = FitBalanceUserManager()

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
