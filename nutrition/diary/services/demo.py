"""Demo life: weeks of generated meals for every demo athlete, marked and removable exactly."""

import random
from datetime import timedelta

from django.db import transaction

from accounts.models import Athlete
from burnout.services.checkins import own_today
from nutrition.foods.selectors.foods import figures_of, measures_of
from nutrition.models import BodyMass, Food, FoodSource, Meal, MealItem, MealSlot
from web.registries.demo import Say

N_DAYS, SKIPPED = 28, 0.12
SEED = 51
MASS_KG = (58.0, 86.0)
PLATES: dict[str, tuple[tuple[tuple[str, float, str], ...], ...]] = {
    MealSlot.BREAKFAST: (
        (("porridge", 1, "1 bowl"), ("banana", 1, "1 medium"), ("milk, semi-skimmed", 1, "1 glass")),
        (("bread, wholemeal", 2, "1 slice"), ("egg, boiled", 2, "1 large"), ("orange", 1, "1 medium")),
        (("koko", 1, "1 bowl"), ("bofrot", 2, "1 ball")),
    ),
    MealSlot.LUNCH: (
        (("jollof rice", 1, "1 serving"), ("chicken breast", 120, "g")),
        (("waakye", 1, "1 serving"), ("egg, boiled", 1, "1 large"), ("shito", 1, "1 tablespoon")),
        (("pasta", 1.5, "1 cup"), ("tuna in water", 1, "1 can"), ("tomato", 1, "1 medium")),
    ),
    MealSlot.DINNER: (
        (("banku", 1, "1 ball"), ("tilapia", 1, "1 whole fish"), ("shito", 1, "1 tablespoon")),
        (("rice, white", 1.5, "1 cup"), ("lentils", 1, "1 cup"), ("broccoli", 1, "1 cup")),
        (("potato, boiled", 2, "1 medium"), ("salmon", 1, "1 fillet"), ("carrot", 2, "1 medium")),
    ),
    MealSlot.SNACK: (
        (("Greek yoghurt", 1, "1 pot"), ("almonds", 1, "1 handful")),
        (("apple", 1, "1 medium"), ("peanut butter", 1, "1 tablespoon")),
        (("whey protein", 1, "1 scoop"), ("banana", 1, "1 medium")),
    ),
}


def demo_make(say: Say) -> None:
    """Give every demo athlete meals up to yesterday, and breakfast of today. Idempotent."""
    athletes = Athlete.objects.filter(user__is_demo=True, user__role="athlete").select_related("user")
    names = {name for plates in PLATES.values() for plate in plates for name, _, _ in plate}
    rows = Food.objects.filter(source=FoodSource.HOUSE, name__in=names).prefetch_related("portions")
    foods = {food.name: food for food in rows}
    n = 0
    for place, athlete in enumerate(athletes.order_by("user_id")):
        if not Meal.objects.filter(athlete=athlete).exists():
            n += _days(athlete, foods, random.Random(SEED + place))  # noqa: S311
    if n:
        say(f"{n} generated meals")


def demo_remove(say: Say) -> int:
    """Delete exactly the demo rows of this app."""
    found = [model.objects.filter(is_demo=True) for model in (BodyMass, Food)]
    return sum(rows.delete()[0] for rows in (Meal.all_with_deleted.filter(is_demo=True), *found))


def _days(athlete: Athlete, foods: dict[str, Food], rng: random.Random) -> int:
    today = own_today(athlete)
    mass_kg = rng.uniform(*MASS_KG)
    meals: list[Meal] = []
    items: list[MealItem] = []
    for back in range(N_DAYS, -1, -1):
        for slot in [MealSlot.BREAKFAST] if back == 0 else list(PLATES):
            if back and rng.random() < SKIPPED:
                continue
            meal = Meal(athlete=athlete, day=today - timedelta(days=back), slot=slot, is_demo=True)
            meals.append(meal)
            for position, (name, amount, unit) in enumerate(rng.choice(PLATES[slot])):
                food = foods[name]
                grams = amount if unit == "g" else amount * (measures_of(food).portions or {})[unit]
                items.append(
                    MealItem(
                        meal=meal, food=food, name=name, amount=amount, unit=unit, grams=grams,
                        per_100_g=figures_of(food), position=position,
                    )
                )  # fmt: skip
    masses = [
        BodyMass(athlete=athlete, day=today - timedelta(days=back), mass_kg=mass_kg + rng.gauss(0, 0.4), is_demo=True)
        for back in range(N_DAYS, 0, -3)
    ]
    with transaction.atomic():
        Meal.objects.bulk_create(meals, batch_size=200)
        MealItem.objects.bulk_create(items, batch_size=200)
        BodyMass.objects.bulk_create(masses)
    return len(meals)
