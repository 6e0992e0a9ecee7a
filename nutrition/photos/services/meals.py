"""A plate becomes a meal of the diary."""

from datetime import date

from django.utils.translation import gettext as _

from nutrition.diary.services.meals import ItemGiven, meal_create
from nutrition.models import FoodPhoto, Meal
from web.refusals import Problem


def photo_meal(*, photo: FoodPhoto, day: date, slot: str) -> Meal:
    """A meal of the named foods whose nutrients and amounts are known; once a photo.

    Raises Problem 409 `already_saved`, `nothing_named`; ValidationError for a day or slot that is none.
    """
    if photo.meal_id is not None:
        raise Problem(409, "already_saved", _("This photo is already saved as a meal."))
    rows = photo.regions.filter(food__isnull=False, grams__isnull=False).select_related("food")
    items = [ItemGiven(row.food, row.grams, "g") for row in rows if row.food and row.grams]
    if not items:
        raise Problem(409, "nothing_named", _("Name a food of the food table and its amount first."))
    photo.meal = meal_create(athlete=photo.athlete, day=day, slot=slot, items=items)
    photo.save(update_fields=["meal"])
    return photo.meal
