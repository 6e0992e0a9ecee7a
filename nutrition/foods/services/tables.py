"""Common tables of foods: written in small pieces, as often as one likes; what is there is brought up to date."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from django.db import transaction

from mlops.ml.nutrition.foods.words import MAX_LETTERS, hints_of
from nutrition.foods.shelves import words_for
from nutrition.models import NUTRIENTS, Food, FoodPortion, FoodSource, FoodWordHint

AT_ONCE = 500
"""Foods in one transaction: live streams wait for no longer one."""
T = TypeVar("T")
_KEPT = ("name", "also", "brand", "category", "barcode", "density_g_ml", "everyday", "flags", "reference", *NUTRIENTS)


@dataclass(frozen=True)
class FoodGiven:
    """A food of a common table; `code` is its key there. figures: nutrient → value per 100 g, checked."""

    code: str
    name: str
    figures: dict[str, float]
    also: str = ""
    brand: str = ""
    category: str = ""
    barcode: str = ""
    density_g_ml: float | None = None
    everyday: int = 0
    flags: list[str] = field(default_factory=list)
    reference: str = ""
    portions: dict[str, float] = field(default_factory=dict)


def foods_write(foods: Iterable[FoodGiven], source: FoodSource) -> Iterator[int]:
    """Keep foods of a table; tells how many are written after each piece, so that a caller can report and stop."""
    done = 0
    for piece in _pieces(foods, AT_ONCE):
        _write(piece, source)
        done += len(piece)
        yield done


def hints_add(words: Iterable[str]) -> None:
    """Let typing errors in these words be forgiven."""
    known = {word for word in words if not word.isdigit() and len(word) <= MAX_LETTERS}
    rows = [FoodWordHint(hint=hint, word=word) for word in sorted(known) for hint in sorted(hints_of(word)) if hint]
    FoodWordHint.objects.bulk_create(rows, ignore_conflicts=True, batch_size=AT_ONCE)


def _write(piece: Sequence[FoodGiven], source: FoodSource) -> None:
    given = {one.code: one for one in piece}
    with transaction.atomic():
        there = {
            food.code: food for food in Food.objects.filter(source=source, athlete__isnull=True, code__in=list(given))
        }
        for code, one in given.items():
            food = there.setdefault(code, Food(source=source, code=code))
            for name in _KEPT:
                setattr(food, name, one.figures.get(name) if name in NUTRIENTS else getattr(one, name))
            food.words = words_for(food)
        new = [food for food in there.values() if food.pk is None]
        old = [food for food in there.values() if food.pk is not None]
        Food.objects.bulk_update(old, [*_KEPT, "words"])
        Food.objects.bulk_create(new)
        FoodPortion.objects.filter(food__in=old).delete()
        FoodPortion.objects.bulk_create(
            FoodPortion(food=there[one.code], name=name[:80], grams=grams)
            for one in given.values()
            for name, grams in one.portions.items()
        )
        hints_add(word for food in there.values() if food.everyday for word in food.words.split()[1:])


def _pieces(items: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(items)
    while piece := list(islice(rest, size)):
        yield piece
