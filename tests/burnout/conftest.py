"""People with check-ins, and a small curve as champion."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Athlete
from burnout.models import CheckIn
from mlops.registry.services.champions import champions_register
from mlops.serving.services.versions import serving_forget
from tests.people import make_user


@pytest.fixture
def athlete(db):
    user = make_user("ama", time_zone="Africa/Accra")
    return Athlete.objects.create(user=user)


@pytest.fixture
def champion(db):
    """The shipped curve serves."""
    champions_register()
    serving_forget()
    yield
    serving_forget()


@pytest.fixture
def days():
    """Make `n` plain days up to yesterday for an athlete; keyword answers override."""

    def make(athlete, n=30, skip=(), **answers):
        today = timezone.now().date()
        usual = {"sleep_hours": 7.0, "stress": 4, "mood": 4, "fatigue": 4, "soreness": 3, "sleep_quality": 4,
                 "workload": 300.0, "hrv_rmssd": 55.0, "resting_hr": 60.0}
        usual |= answers
        rows = [
            CheckIn(athlete=athlete, day=today - timedelta(days=n - i), **{**usual, "workload": 300.0 + 20 * (i % 5)})
            for i in range(n) if i not in skip
        ]
        return CheckIn.objects.bulk_create(rows)

    return make
