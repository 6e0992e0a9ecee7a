"""Somebody who eats."""

import pytest

from accounts.models import Athlete
from nutrition.models import Food, FoodSource
from tests.people import make_user


@pytest.fixture
def athlete(db):
    return Athlete.objects.create(user=make_user("ama", time_zone="Africa/Accra"))


@pytest.fixture
def food(db):
    """food("egg") → that food of the house's table."""
    return lambda name: Food.objects.prefetch_related("portions").get(source=FoodSource.HOUSE, name=name)
