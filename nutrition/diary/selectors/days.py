"""Days of a food diary: meals, totals, weeks."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import Max, QuerySet

from accounts.models import Athlete
from mlops.ml.nutrition.foods.amounts import Total, nutrients_of, totals
from nutrition.foods.selectors.foods import favourites_of
from nutrition.models import NUTRIENTS, Food, Meal, MealItem, MealSlot

LATELY_DAYS = 60


@dataclass(frozen=True)
class Day:
    """meals: in the order of slots; totals: nutrient → what is known of its sum, and how many foods lack it."""

    day: date
    meals: list[Meal]
    totals: dict[str, Total]
    n_items: int

    def of(self, nutrient: str) -> float:
        """What is known of a nutrient's sum, in its unit."""
        return self.totals[nutrient].value


@dataclass(frozen=True)
class Slot:
    """One of the day's meals, as a page shows it."""

    name: str
    title: str
    meals: list[Meal] = field(default_factory=list)

    @property
    def items(self) -> list[MealItem]:
        return [item for meal in self.meals for item in meal.items.all()]

    @property
    def protein_g(self) -> float:
        return sum(nutrients_of(one.per_100_g, one.grams).get("protein_g", 0.0) for one in self.items)


def day_of(athlete: Athlete, day: date) -> Day:
    """What an athlete ate on a day."""
    return days_of(athlete, [day])[0]


def days_of(athlete: Athlete, days: Iterable[date]) -> list[Day]:
    """Several days, in two statements; a day without a meal has no items, which is not a day without food."""
    wanted = list(days)
    rows: QuerySet[Meal] = Meal.objects.filter(athlete=athlete, day__in=wanted)
    rows = rows.prefetch_related("items__food__portions")
    order = {slot: place for place, slot in enumerate(MealSlot.values)}
    meals = sorted(rows, key=lambda meal: (order.get(meal.slot, 9), meal.created_at))
    found = []
    for day in wanted:
        mine = [meal for meal in meals if meal.day == day]
        items = [(one.per_100_g, one.grams) for meal in mine for one in meal.items.all()]
        found.append(Day(day, mine, totals(items, NUTRIENTS), len(items)))
    return found


def slots_of(day: Day) -> list[Slot]:
    """All four, with or without a meal."""
    return [
        Slot(value, str(title), [meal for meal in day.meals if meal.slot == value])
        for value, title in MealSlot.choices
    ]


def last_days(today: date, n: int) -> list[date]:
    """The n days up to today, the oldest first."""
    return [today - timedelta(days=back) for back in range(n - 1, -1, -1)]


def recent_foods(athlete: Athlete, today: date, limit: int = 8) -> list[MealItem]:
    """What was eaten lately, each food once with its last amount, the newest first."""
    rows = MealItem.objects.filter(
        meal__athlete=athlete, meal__deleted_at__isnull=True, meal__day__gte=today - timedelta(days=LATELY_DAYS),
        food__isnull=False, food__deleted_at__isnull=True,
    )  # fmt: skip
    newest = rows.values("food").annotate(last=Max("meal__day")).order_by("-last", "food")[:limit]
    keys = [one["food"] for one in newest]
    by_food: dict[int, MealItem] = {}
    for item in rows.filter(food__in=keys).select_related("food").order_by("-meal__day", "-meal__created_at"):
        by_food.setdefault(item.food_id or 0, item)
    return [by_food[key] for key in keys if key in by_food]


def favourite_foods(athlete: Athlete, limit: int = 12) -> list[Food]:
    """What an athlete marked, the newest first."""
    return list(favourites_of(athlete)[:limit])
