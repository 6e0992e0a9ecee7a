"""Foods that an athlete entered, and those they want at hand."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Athlete
from mlops.ml.nutrition.foods.checks import checked
from nutrition.foods.shelves import words_for
from nutrition.models import NUTRIENTS, FavouriteFood, Food, FoodPortion, FoodSource
from web.registries.bin import BinKind
from web.services.bin import expired

MAX_OWN = 5_000
TEXTS = ("name", "also", "brand")
MAX_PORTION_G = 5_000.0


def own_food_save(
    *, athlete: Athlete, food: Food | None = None, portions: dict[str, float] | None = None, **values: Any
) -> Food:
    """Keep a food of one's own: texts, nutrients per 100 g, density. What looks wrong is flagged, what cannot be is
    refused. Values that are not named stay; meals that were logged keep their figures. Raises ValidationError by field.
    """
    if food is None:
        if Food.objects.filter(athlete=athlete).count() >= MAX_OWN:
            raise _error("name", _("You can have %(n)s foods of your own.") % {"n": MAX_OWN}, "too_many")
        food = Food(athlete=athlete, source=FoodSource.OWN, is_demo=athlete.user.is_demo)
    for name, value in values.items():
        setattr(food, name, value)
    food.name = " ".join(food.name.split())
    if not food.name:
        raise _error("name", _("Give the food a name."), "required")
    figures = {name: getattr(food, name) for name in NUTRIENTS}
    found = checked(figures)
    for name, value in figures.items():
        if value is not None and found.figures.get(name) is None:
            raise _error(name, _("100 g of a food cannot hold this much."), "impossible")
    if food.density_g_ml is not None and not 0.05 <= food.density_g_ml <= 5:
        raise _error("density_g_ml", _("A millilitre of a food weighs between 0.05 g and 5 g."), "out_of_range")
    for name, grams in (portions or {}).items():
        if not name.strip() or not 0 < grams <= MAX_PORTION_G:
            raise _error("portions", _("A portion has a name and weighs up to 5 kg."), "out_of_range")
    food.flags = found.flags  # a figure in kJ is told, not changed: it is the athlete's own
    food.words = words_for(food)
    food.full_clean(exclude=["athlete", "flags", "words"], validate_unique=False, validate_constraints=False)
    with transaction.atomic():
        food.save()
        if portions is not None:
            food.portions.all().delete()
            FoodPortion.objects.bulk_create(
                FoodPortion(food=food, name=name.strip()[:80], grams=grams) for name, grams in portions.items()
            )
    return food


def own_food_delete(*, food: Food) -> None:
    """Put a food of one's own into the bin; meals keep what was logged."""
    Food.objects.filter(pk=food.pk).update(deleted_at=timezone.now())


def foods_binned(user: Any) -> QuerySet[Food]:
    """Foods that a person deleted."""
    rows: QuerySet[Food] = Food.all_with_deleted.editable_by(user)
    return rows.filter(deleted_at__isnull=False)


def own_food_restore(food: Food) -> None:
    """Take a deletion back."""
    Food.all_with_deleted.filter(pk=food.pk).update(deleted_at=None)


def own_food_purge(food: Food) -> None:
    """Remove it for good, if it is still in the bin."""
    Food.all_with_deleted.filter(pk=food.pk, deleted_at__isnull=False).delete()


def bin_expire() -> None:
    """A chore: foods that lay in the bin for thirty days go for good."""
    expired(Food.all_with_deleted.all()).delete()


def favourite_set(*, athlete: Athlete, food: Food, is_favourite: bool) -> None:
    """Have a food at hand, or no longer."""
    if is_favourite:
        FavouriteFood.objects.get_or_create(athlete=athlete, food=food)
    else:
        FavouriteFood.objects.filter(athlete=athlete, food=food).delete()


FOODS = BinKind(
    "food",
    gettext_lazy("Food"),
    foods_binned,
    lambda row: row.name,
    own_food_restore,
    own_food_purge,
    lambda row: reverse("nutrition:food", args=[row.pk]),
)


def _error(name: str, text: str, code: str) -> ValidationError:
    return ValidationError({name: ValidationError(text, code=code)})
