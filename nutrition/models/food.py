"""Foods and their portions."""

from typing import Any

from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Athlete
from web.models.binned import Binned, kept


class FoodSource(models.TextChoices):
    HOUSE = "house", _("FitBalance")
    USDA = "usda", _("USDA")
    OWN = "own", _("Own food")
    RECIPE = "recipe", _("Own recipe")


class FoodQuerySet(QuerySet["Food"]):
    def visible_to(self, user) -> "FoodQuerySet":
        """The common tables, and what one entered oneself."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(Q(athlete__isnull=True) | Q(athlete__user=user))

    def editable_by(self, user) -> "FoodQuerySet":
        return self.filter(athlete__user=user) if user.is_authenticated else self.none()


def _per_100_g() -> Any:
    return models.FloatField(null=True, blank=True)


class Food(Binned):
    """Nutrients per 100 g of what is eaten. What nobody knows is empty, never zero.

    athlete None: a food of a common table. density_g_ml turns ml into grams; empty: ml cannot be used.
    """

    athlete = models.ForeignKey(Athlete, null=True, blank=True, on_delete=models.CASCADE, related_name="foods")
    source = models.CharField(max_length=8, choices=FoodSource.choices)
    code = models.CharField(max_length=40, blank=True)
    """Key in its source, so that the same table can be read in again."""
    name = models.CharField(max_length=200)
    also = models.CharField(max_length=200, blank=True)
    """Other names, as people say them."""
    brand = models.CharField(max_length=120, blank=True)
    category = models.CharField(max_length=80, blank=True)
    barcode = models.CharField(max_length=14, blank=True, db_index=True)
    energy_kcal = _per_100_g()
    protein_g = _per_100_g()
    carbohydrate_g = _per_100_g()
    fat_g = _per_100_g()
    fibre_g = _per_100_g()
    sugar_g = _per_100_g()
    saturated_fat_g = _per_100_g()
    salt_g = _per_100_g()
    alcohol_g = _per_100_g()
    density_g_ml = models.FloatField(null=True, blank=True)
    everyday = models.PositiveSmallIntegerField(default=0)
    """The higher, the earlier in search: 0 for a product, above it for what many people eat."""
    flags = models.JSONField(default=list, blank=True)
    """Codes of what looks wrong in its figures, such as "energy_in_kj"."""
    reference = models.CharField(max_length=300, blank=True)
    """Where the figures come from."""
    words = models.CharField(max_length=500, blank=True, editable=False)
    """What search compares: words of its names, and a mark of the shelf it stands on (`selectors/shelves.py`)."""
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    is_demo = models.BooleanField(default=False, editable=False)

    objects = kept(FoodQuerySet)
    all_with_deleted = FoodQuerySet.as_manager()

    class Meta:
        ordering = ["-everyday", "name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "code"], condition=Q(athlete__isnull=True) & ~Q(code=""), name="one_food_per_code"
            )
        ]

    def __str__(self) -> str:
        return self.name


NUTRIENTS = (
    "energy_kcal", "protein_g", "carbohydrate_g", "fat_g", "fibre_g", "sugar_g", "saturated_fat_g", "salt_g",
    "alcohol_g",
)  # fmt: skip
"""Fields of a food that are given per 100 g."""


class FoodPortion(models.Model):
    """A household measure of a food: "1 slice" is 40 g."""

    food = models.ForeignKey(Food, on_delete=models.CASCADE, related_name="portions")
    name = models.CharField(max_length=80)
    grams = models.FloatField()

    class Meta:
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=Q(grams__gt=0), name="portion_has_weight")]

    def __str__(self) -> str:
        return self.name


class FoodWordHint(models.Model):
    """A word of an everyday food, found by what is left of it without one letter (see mlops.ml…foods.words)."""

    hint = models.CharField(max_length=24, db_index=True)
    word = models.CharField(max_length=24)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["hint", "word"], name="one_hint_per_word")]


class FavouriteFoodQuerySet(QuerySet["FavouriteFood"]):
    def visible_to(self, user) -> "FavouriteFoodQuerySet":
        return self.filter(athlete__user=user) if user.is_authenticated else self.none()


class FavouriteFood(models.Model):
    """A food that an athlete wants at hand."""

    athlete = models.ForeignKey(Athlete, on_delete=models.CASCADE, related_name="favourite_foods")
    food = models.ForeignKey(Food, on_delete=models.CASCADE, related_name="favourites")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = FavouriteFoodQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [models.UniqueConstraint(fields=["athlete", "food"], name="one_favourite_per_food")]
