"""Routes of foods and of the food diary."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from nutrition.models import BodyMass, Food, FoodSource, Meal, MealItem
from tests.access.rows import OWNER_AND_COACH, OWNER_ONLY, SIGNED_IN, Row, expect

TRAINS = expect(200, staff=403, administrator=403)
ALL_MOVE = expect(302, staff=403, administrator=403)
TRAINS_CREATES = expect(201, staff=403, administrator=403)
OWNER_SEES = expect(404, owner=200, staff=403, administrator=403)
OWNER_MOVES = expect(404, owner=302, staff=403, administrator=403)
OWNER_CHANGES = expect(404, owner=200, coach=403)
OWNER_DELETES = expect(404, owner=204, coach=403)
ALONE_DELETES = expect(404, owner=204)


def extend(world: Any) -> None:
    today, now = timezone.now().date(), timezone.now()
    own = {"athlete": world.athlete, "source": FoodSource.OWN, "protein_g": 10.0}
    world.food = Food.objects.create(name="Grandma's stew", words=f"xown{world.athlete.pk}x stew", **own)
    world.binned_food = Food.all_with_deleted.create(name="Old stew", deleted_at=now, **own)
    world.common_food = Food.objects.filter(source=FoodSource.HOUSE, name="egg").get()
    world.meal = Meal.objects.create(athlete=world.athlete, day=today, slot="lunch")
    world.meal_item = MealItem.objects.create(
        meal=world.meal, food=world.food, name="stew", amount=100, unit="g", grams=100, per_100_g={"protein_g": 10.0}
    )
    world.binned_meal = Meal.all_with_deleted.create(athlete=world.athlete, day=today, slot="dinner", deleted_at=now)
    world.body_mass = BodyMass.objects.create(athlete=world.athlete, day=today - timedelta(days=2), mass_kg=70)


def _of(name: str) -> Any:
    return lambda world: {"pk": getattr(world, name).pk}


def _today() -> str:
    return f"{timezone.now().date():%Y-%m-%d}"


def _item(world: Any) -> dict[str, Any]:
    return {"food": world.common_food.pk, "amount": 1, "unit": "1 large", "slot": "lunch", "day": _today()}


def _meal(world: Any) -> dict[str, Any]:
    items = [{"food": world.common_food.pk, "amount": 50, "unit": "g"}]
    return {"day": _today(), "slot": "snack", "items": items}


def _recipe(world: Any) -> dict[str, Any]:
    items = [{"food": world.common_food.pk, "amount": 3, "unit": "1 large"}]
    return {"name": "Omelette", "servings": 1, "items": items}


ROWS = [
    Row("nutrition:day", TRAINS),
    Row("nutrition:find", TRAINS, query=lambda w: {"q": "egg"}),
    Row("nutrition:week", TRAINS),
    Row("nutrition:settings", TRAINS),
    Row("nutrition:settings", ALL_MOVE, method="POST", data=lambda w: {"goal": "keep"}),
    Row("nutrition:foods", TRAINS, query=lambda w: {"q": "stew"}),
    Row("nutrition:food", OWNER_SEES, kwargs=_of("food")),
    Row("nutrition:food", TRAINS, kwargs=_of("common_food"), note="of the common table"),
    Row("nutrition:food", expect(404, staff=403, administrator=403), kwargs=_of("binned_food"), note="in the bin"),
    Row("nutrition:food_new", TRAINS),
    Row("nutrition:food_new", ALL_MOVE, method="POST", data=lambda w: {"name": "Soup"}),
    Row("nutrition:food_edit", OWNER_SEES, kwargs=_of("food")),
    Row("nutrition:food_edit", OWNER_MOVES, method="POST", kwargs=_of("food"), data=lambda w: {"name": "Stew"}),
    Row("nutrition:food_favourite", OWNER_MOVES, method="POST", kwargs=_of("food"), data=lambda w: {"on": "1"}),
    Row("nutrition:food_delete", OWNER_MOVES, method="POST", kwargs=_of("food")),
    Row("nutrition:item_add", ALL_MOVE, method="POST", data=_item),
    Row(
        "nutrition:item_add", OWNER_MOVES, method="POST", data=lambda w: {**_item(w), "food": w.food.pk, "unit": "g"},
        note="a food of one's own",
    ),
    Row("nutrition:day_copy", ALL_MOVE, method="POST", data=lambda w: {"day": _today()}),
    Row("nutrition:weight", ALL_MOVE, method="POST", data=lambda w: {"day": _today(), "mass": 70}),
    Row(
        "nutrition:item_change", OWNER_MOVES, method="POST", kwargs=_of("meal_item"),
        data=lambda w: {"amount": 80, "unit": "g"},
    ),
    Row("nutrition:item_remove", OWNER_MOVES, method="POST", kwargs=_of("meal_item")),
    Row("nutrition:meal_delete", OWNER_MOVES, method="POST", kwargs=_of("meal")),
    Row(
        "nutrition:meal_recipe", OWNER_MOVES, method="POST", kwargs=_of("meal"),
        data=lambda w: {"name": "R", "servings": 2},
    ),
    Row("nutrition:export", TRAINS),
    Row("nutrition_api:recipes", TRAINS_CREATES, method="POST", data=_recipe),
    Row("nutrition:athlete", OWNER_AND_COACH, kwargs=_of("athlete")),
    Row("nutrition_api:food-list", SIGNED_IN),
    Row("nutrition_api:food-list", TRAINS_CREATES, method="POST", data=lambda w: {"name": "A"}),
    Row("nutrition_api:food-detail", OWNER_ONLY, kwargs=_of("food")),
    Row("nutrition_api:food-detail", SIGNED_IN, kwargs=_of("common_food"), note="of the common table"),
    Row("nutrition_api:food-detail", OWNER_ONLY, kwargs=_of("food"), method="PATCH", data=lambda w: {"fat_g": 4}),
    Row(
        "nutrition_api:food-detail", expect(403), kwargs=_of("common_food"), method="PATCH",
        data=lambda w: {"fat_g": 4}, note="of the common table",
    ),
    Row("nutrition_api:food-detail", ALONE_DELETES, kwargs=_of("food"), method="DELETE"),
    Row("nutrition_api:food-restore", OWNER_ONLY, kwargs=_of("binned_food"), method="POST"),
    Row("nutrition_api:meal-list", SIGNED_IN),
    Row("nutrition_api:meal-list", TRAINS_CREATES, method="POST", data=_meal),
    Row("nutrition_api:meal-detail", OWNER_AND_COACH, kwargs=_of("meal")),
    Row("nutrition_api:meal-detail", OWNER_CHANGES, kwargs=_of("meal"), method="PATCH", data=lambda w: {"note": "b"}),
    Row("nutrition_api:meal-detail", OWNER_DELETES, kwargs=_of("meal"), method="DELETE"),
    Row("nutrition_api:meal-detail", expect(404), kwargs=_of("binned_meal"), note="in the bin"),
    Row("nutrition_api:meal-restore", OWNER_ONLY, kwargs=_of("binned_meal"), method="POST"),
    Row("nutrition_api:body_mass-list", SIGNED_IN),
    Row(
        "nutrition_api:body_mass-list", TRAINS_CREATES, method="POST",
        data=lambda w: {"day": _today(), "mass_kg": 71},
    ),
    Row("nutrition_api:body_mass-detail", OWNER_AND_COACH, kwargs=_of("body_mass")),
    Row("nutrition_api:body_mass-detail", OWNER_DELETES, kwargs=_of("body_mass"), method="DELETE"),
    Row("nutrition_api:day", TRAINS, kwargs=lambda w: {"day": timezone.now().date()}),
    Row("nutrition_api:settings", TRAINS),
    Row("nutrition_api:settings", TRAINS, method="PATCH", data=lambda w: {"goal": "gain"}),
]
