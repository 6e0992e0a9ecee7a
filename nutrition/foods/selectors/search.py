"""Search as one types: the everyday food first, one's own and what was eaten lately before others, errors forgiven."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import Athlete
from mlops.ml.nutrition.foods.words import MAX_WORDS, distance, forgiven, hints_of, words_of
from nutrition.foods.index import Alternatives, index_find
from nutrition.foods.shelves import EVERYDAY, PRODUCT, own_shelf
from nutrition.models import Food, FoodWordHint, MealItem

MAX_TEXT = 100
LIMIT = 20
_LOOKED_AT = 80
"""Foods of a shelf that are compared."""
_ENOUGH = 3
"""Foods with every word as it was typed; below, typing errors are looked for."""
_NEAR_WORDS = 4
LATELY = timedelta(days=60)


def foods_search(user: Any, text: str, limit: int = LIMIT) -> list[Food]:
    """Foods that a person may see and that have every word of `text`, the likeliest first; none without a word."""
    words = words_of(text[:MAX_TEXT])[:MAX_WORDS]
    if not words or not user.is_authenticated:
        return []
    athlete = Athlete.objects.filter(user=user).first()
    typed: list[Alternatives] = [[f"{word}*"] for word in words]
    shelves = [EVERYDAY] if athlete is None else [own_shelf(athlete.pk), EVERYDAY]
    found = _on(shelves, typed, words, athlete)
    if len(found) < _ENOUGH:
        near = [_near(word) for word in words]
        if any(near):
            meant = [[*typed[n], *near[n]] for n in range(len(words))]
            best = [near[n][0] if near[n] else word for n, word in enumerate(words)]
            found = _joined(found, _on(shelves, meant, best, athlete))
    if len(found) < limit:
        found = _joined(found, _on([PRODUCT], typed, words, None))
    return found[:limit]


def _on(shelves: Sequence[str], words: Sequence[Alternatives], said: list[str], athlete: Athlete | None) -> list[Food]:
    """Foods of some shelves, ordered by how well their names fit."""
    keys = [key for shelf in shelves for key in index_find(shelf, words, _LOOKED_AT, ordered=shelf != PRODUCT)]
    lately: set[int] = set()
    if athlete is not None and keys:
        eaten = MealItem.objects.filter(meal__athlete=athlete, meal__day__gte=timezone.now().date() - LATELY)
        lately = set(eaten.filter(food__in=keys, meal__deleted_at__isnull=True).values_list("food", flat=True))
    foods = Food.objects.filter(pk__in=keys).prefetch_related("portions")
    return sorted(foods, key=lambda food: _order(food, said, food.pk in lately))


def _order(food: Food, said: list[str], is_lately: bool) -> tuple[Any, ...]:
    name = words_of(food.name)
    names = [name, *(words_of(one) for one in food.also.split(","))]
    fits = 0 if said in names else 1 if name[: len(said)] == said else 2 if set(said) <= set(name) else 3
    mine = is_lately or food.athlete_id is not None
    return (fits if fits < 2 else 2, not mine, -food.everyday, fits, len(name), food.name, food.pk)


def _near(word: str) -> list[str]:
    """Words of everyday foods that somebody may have meant, the nearest first."""
    most = forgiven(word)
    if not most:
        return []
    known = set(FoodWordHint.objects.filter(hint__in=hints_of(word)).values_list("word", flat=True))
    near = sorted((far, one) for one in known - {word} if (far := distance(word, one, most)) <= most)
    return [one for _, one in near[:_NEAR_WORDS]]


def _joined(first: list[Food], more: list[Food]) -> list[Food]:
    there = {food.pk for food in first}
    return first + [food for food in more if food.pk not in there]
