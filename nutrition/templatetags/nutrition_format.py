"""Foods and their figures as people read them."""

from typing import Any

from django import template

from mlops.ml.nutrition.foods.amounts import GRAM, MILLILITRE
from nutrition.foods.flag_words import FLAG_WORDS
from nutrition.words import figure_text
from web.numbers import spelled

register = template.Library()


@register.filter
def nutrient(value: float | None, name: str) -> str:
    """`{{ food.protein_g|nutrient:"protein_g" }}`: "31 g"; a dash for what is unknown."""
    return "–" if value is None else figure_text(name, float(value))


@register.filter
def grams(value: float) -> str:
    """A weight: "118 g", "7.5 g"."""
    digits = 0 if value >= 10 or value == int(value) else 1
    return f"{spelled(round(value, digits), f'.{digits}f')} g"


@register.filter
def of_unit(value: float, unit: str) -> str:
    """An amount as it was entered: "120 g", "1 slice", "1.5 × 1 slice"."""
    if unit in (GRAM, MILLILITRE):
        return f"{spelled(value, 'g')} {unit}"
    return unit if value == 1 else f"{spelled(value, 'g')} × {unit}"


@register.filter
def flag_words(food: Any) -> list[Any]:
    """What looks wrong in a food's figures, in sentences."""
    return [FLAG_WORDS[one] for one in food.flags if one in FLAG_WORDS]
