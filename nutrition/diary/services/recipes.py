"""Recipes: foods of one's own whose figures follow from what went in and what the dish weighs when it is ready."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Athlete
from mlops.ml.nutrition.foods.amounts import per_100_g
from nutrition.diary.services.meals import MAX_ITEMS, ItemGiven, item_grams
from nutrition.foods.selectors.foods import figures_of
from nutrition.foods.services.own import own_food_save
from nutrition.models import Food, FoodSource, Meal

MAX_SERVINGS = 100
MAX_COOKED_G = 50_000.0
REFERENCE = 300


def recipe_create(
    *, athlete: Athlete, name: str, servings: float, items: Sequence[ItemGiven], cooked_g: float | None = None
) -> Food:
    """Keep a dish as a food with the portion "1 serving". cooked_g: its weight when it is ready; without it, the sum
    of what went in. A nutrient that is unknown of one ingredient is unknown of the dish. Raises ValidationError."""
    if not 0 < len(items) <= MAX_ITEMS:
        raise _error("items", _("A recipe needs ingredients."))
    if not 0 < servings <= MAX_SERVINGS:
        raise _error("servings", _("A recipe is for 1 to 100 servings."))
    parts = [(one, item_grams(one)) for one in items]
    total_g = sum(grams for _item, grams in parts)
    ready_g = total_g if cooked_g is None else cooked_g
    if total_g <= 0 or not 0 < ready_g <= MAX_COOKED_G:
        raise _error("cooked_g", _("Give a weight of more than 0 g and at most 50 kg."))
    figures = per_100_g([(figures_of(one.food), grams) for one, grams in parts], ready_g)
    with transaction.atomic():
        values: dict[str, Any] = {"name": name, **figures}
        food = own_food_save(athlete=athlete, portions={"1 serving": ready_g / servings}, **values)
        recipe = ", ".join(f"{one.food.name} {grams:.0f} g" for one, grams in parts)
        food.source, food.reference = FoodSource.RECIPE, f"{ready_g:.0f} g: {recipe}"[:REFERENCE]
        food.save(update_fields=["source", "reference"])
    return food


def recipe_of_meal(*, meal: Meal, name: str, servings: float, cooked_g: float | None = None) -> Food:
    """A meal that was logged as a recipe; foods that no longer exist cannot be part of it. Raises ValidationError."""
    rows = list(meal.items.select_related("food").prefetch_related("food__portions"))
    if any(row.food is None for row in rows):
        raise _error("items", _("A food of this meal no longer exists."))
    items = [ItemGiven(row.food, row.grams, "g") for row in rows if row.food is not None]
    return recipe_create(athlete=meal.athlete, name=name, servings=servings, items=items, cooked_g=cooked_g)


def _error(name: str, text: str) -> ValidationError:
    return ValidationError({name: ValidationError(text, code="invalid")})
