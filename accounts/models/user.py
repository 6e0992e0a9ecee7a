"""The custom user."""

import zoneinfo

from django.contrib.auth.models import AbstractUser
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


class User(AbstractUser):
    """A person who signs in. Login is by e-mail or user name."""

    email = models.EmailField("e-mail", unique=True)
    role = models.CharField(max_length=16, choices=Role.choices, default=Role.ATHLETE)
    units = models.CharField(max_length=8, choices=Units.choices, default=Units.METRIC)
    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_time_zone])
    is_demo = models.BooleanField(default=False, editable=False)

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

    def __str__(self) -> str:
        return self.get_full_name() or self.username
