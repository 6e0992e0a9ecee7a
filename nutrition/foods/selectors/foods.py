"""Single foods, and the measures an amount of them can be given in."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from accounts.models import Athlete
from mlops.ml.nutrition.foods.amounts import GRAM, MILLILITRE, Measures
from nutrition.models import NUTRIENTS, Food


def food_get_for(user: Any, pk: int) -> Food:
    """A food that a person may see. Raises Http404."""
    return get_object_or_404(Food.objects.visible_to(user).prefetch_related("portions"), pk=pk)


def food_everyday(name: str) -> Food | None:
    """The everyday food of exactly this name."""
    rows = Food.objects.filter(athlete__isnull=True, everyday__gt=0, name__iexact=name)
    return rows.prefetch_related("portions").order_by("-everyday", "pk").first()


def measures_of(food: Food) -> Measures:
    """What an amount of a food may be given in."""
    return Measures(food.density_g_ml, {portion.name: portion.grams for portion in food.portions.all()})


def units_of(food: Food) -> list[str]:
    """Portions first, then grams, millilitres where their weight is known."""
    portions = [portion.name for portion in food.portions.all()]
    return [*portions, GRAM, *([MILLILITRE] if food.density_g_ml is not None else [])]


def figures_of(food: Food) -> dict[str, float]:
    """Nutrient → value per 100 g; what is unknown is not there."""
    return {name: value for name in NUTRIENTS if (value := getattr(food, name)) is not None}


def favourites_of(athlete: Athlete) -> QuerySet[Food]:
    """What an athlete wants at hand, the newest first."""
    rows: QuerySet[Food] = Food.objects.filter(favourites__athlete=athlete)
    return rows.prefetch_related("portions").order_by("-favourites__created_at")
