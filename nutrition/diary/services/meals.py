"""Meals: what was eaten, added, changed, copied, deleted and taken back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Athlete
from burnout.services.checkins import day_check
from mlops.ml.nutrition.foods.amounts import AmountUnknown, grams_of
from nutrition.foods.selectors.foods import figures_of, measures_of
from nutrition.models import Food, Meal, MealItem, MealSlot
from web.registries.bin import BinKind
from web.services.bin import expired

MAX_ITEMS = 100
"""Of a meal."""
MAX_GRAMS = 10_000.0
OLDEST_DAYS = 20 * 366


@dataclass(frozen=True)
class ItemGiven:
    """A food and how much of it; unit: "g", "ml" or the name of one of its portions."""

    food: Food
    amount: float
    unit: str


def item_grams(given: ItemGiven) -> float:
    """What a given amount weighs. Raises ValidationError."""
    try:
        return _sane(grams_of(given.amount, given.unit, measures_of(given.food)))
    except AmountUnknown as error:
        raise _amount_error(_sentence(str(error))) from error


def meal_create(
    *, athlete: Athlete, day: date, slot: str, items: Sequence[ItemGiven], note: str = "", client_id: UUID | None = None
) -> Meal:
    """Keep a meal; sent twice under one `client_id` it is one. Raises ValidationError by field."""
    _check(athlete, day, slot)
    if client_id is not None:
        there = Meal.all_with_deleted.filter(athlete=athlete, client_id=client_id).first()
        if there is not None:
            return there
    try:
        with transaction.atomic():
            meal = Meal.objects.create(
                athlete=athlete, day=day, slot=slot, note=note, client_id=client_id, is_demo=athlete.user.is_demo
            )
            _add(meal, items)
    except IntegrityError:  # sent twice at the same moment
        return Meal.all_with_deleted.get(athlete=athlete, client_id=client_id)
    return meal


def items_add(*, athlete: Athlete, day: date, slot: str, items: Sequence[ItemGiven]) -> Meal:
    """Add foods to the day's meal of that slot, which is made where there is none. Raises ValidationError."""
    _check(athlete, day, slot)
    with transaction.atomic():
        meal = Meal.objects.filter(athlete=athlete, day=day, slot=slot).order_by("-created_at").first()
        if meal is None:
            meal = Meal.objects.create(athlete=athlete, day=day, slot=slot, is_demo=athlete.user.is_demo)
        _add(meal, items)
    return meal


def meal_change(*, meal: Meal, items: Sequence[ItemGiven] | None = None, **changes: Any) -> Meal:
    """Change day, slot or note; `items` replaces what was on the plate. Raises ValidationError."""
    _check(meal.athlete, changes.get("day", meal.day), changes.get("slot", meal.slot))
    with transaction.atomic():
        for name, value in changes.items():
            setattr(meal, name, value)
        meal.save()
        if items is not None:
            meal.items.all().delete()
            _add(meal, items)
    return meal


def item_change(*, item: MealItem, amount: float, unit: str) -> MealItem:
    """Correct an amount. The figures per 100 g stay those of the day it was logged. Raises ValidationError."""
    if item.food is not None:
        item.grams = item_grams(ItemGiven(item.food, amount, unit))
    elif unit == item.unit and item.amount > 0:  # the food is gone: its weight per unit is still known
        item.grams = _sane(item.grams / item.amount * amount)
    elif unit == "g":
        item.grams = _sane(amount)
    else:
        raise _amount_error(_("This food no longer exists; give its amount in grams."))
    item.amount, item.unit = amount, unit
    item.save(update_fields=["amount", "unit", "grams"])
    return item


def item_remove(*, item: MealItem) -> None:
    """Take a food off the plate; a meal without any goes to the bin."""
    meal = item.meal
    item.delete()
    if not meal.items.exists() and not meal.note:
        meal_delete(meal=meal)


def day_copy(*, athlete: Athlete, source: date, target: date) -> int:
    """Copy every meal of a day to another that has none; how many foods that were. Raises ValidationError."""
    if MealItem.objects.filter(meal__in=Meal.objects.filter(athlete=athlete, day=target)).exists():
        raise ValidationError(_("This day already has meals."), code="not_empty")
    n = 0
    with transaction.atomic():
        for meal in Meal.objects.filter(athlete=athlete, day=source).prefetch_related("items"):
            _check(athlete, target, meal.slot)
            copy = Meal.objects.create(athlete=athlete, day=target, slot=meal.slot, note=meal.note)
            items = [
                MealItem(
                    meal=copy, food_id=one.food_id, name=one.name, amount=one.amount, unit=one.unit, grams=one.grams,
                    per_100_g=one.per_100_g, position=one.position,
                )
                for one in meal.items.all()
            ]  # fmt: skip
            n += len(MealItem.objects.bulk_create(items))
    return n


def meal_delete(*, meal: Meal) -> None:
    """Put a meal into the bin."""
    Meal.objects.filter(pk=meal.pk).update(deleted_at=timezone.now())


def meals_binned(user: Any) -> QuerySet[Meal]:
    """Meals that a person deleted."""
    rows: QuerySet[Meal] = Meal.all_with_deleted.editable_by(user)
    return rows.filter(deleted_at__isnull=False)


def meal_restore(meal: Meal) -> None:
    """Take a deletion back."""
    Meal.all_with_deleted.filter(pk=meal.pk).update(deleted_at=None)


def meal_purge(meal: Meal) -> None:
    """Remove a meal for good, if it is still in the bin."""
    Meal.all_with_deleted.filter(pk=meal.pk, deleted_at__isnull=False).delete()


def bin_expire() -> None:
    """A chore: meals that lay in the bin for thirty days go for good."""
    expired(Meal.all_with_deleted.all()).delete()


MEALS = BinKind(
    "meal",
    gettext_lazy("Meal"),
    meals_binned,
    lambda row: f"{row.get_slot_display()}, {date_format(row.day, 'j F Y')}",
    meal_restore,
    meal_purge,
    lambda row: f"{reverse('nutrition:day')}?day={row.day:%Y-%m-%d}",
)


def _check(athlete: Athlete, day: date, slot: str) -> None:
    day_check(athlete=athlete, day=day, oldest_days=OLDEST_DAYS)
    if slot not in MealSlot.values:
        raise ValidationError({"slot": ValidationError(_("Choose breakfast, lunch, dinner or snack."), code="invalid")})


def _add(meal: Meal, items: Sequence[ItemGiven]) -> None:
    there = meal.items.count()
    if there + len(items) > MAX_ITEMS:
        text = _("A meal can hold %(n)s foods.") % {"n": MAX_ITEMS}
        raise ValidationError({"items": ValidationError(text, code="too_many")})
    MealItem.objects.bulk_create(
        MealItem(
            meal=meal, food=one.food, name=one.food.name, amount=one.amount, unit=one.unit, grams=item_grams(one),
            per_100_g=figures_of(one.food), position=there + place,
        )
        for place, one in enumerate(items)
    )  # fmt: skip
    meal.save(update_fields=["updated_at"])


def _sane(grams: float) -> float:
    if not 0 <= grams <= MAX_GRAMS:
        raise _amount_error(_("One food can weigh 10 kg at most."))
    return grams


def _amount_error(text: str) -> ValidationError:
    return ValidationError({"amount": ValidationError(text, code="bad_amount")})


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
