"""Meals and what was on the plate."""

import uuid

from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Athlete, CoachScope
from nutrition.models.food import Food
from web.models.binned import Binned, kept


class MealSlot(models.TextChoices):
    BREAKFAST = "breakfast", _("Breakfast")
    LUNCH = "lunch", _("Lunch")
    DINNER = "dinner", _("Dinner")
    SNACK = "snack", _("Snack")


class MealQuerySet(QuerySet["Meal"]):
    def visible_to(self, user) -> "MealQuerySet":
        """One's own, and as coach those of athletes who share nutrition."""
        return self.filter(athlete__in=Athlete.objects.visible_to(user, CoachScope.NUTRITION))

    def editable_by(self, user) -> "MealQuerySet":
        return self.filter(athlete__user=user) if user.is_authenticated else self.none()


class Meal(Binned):
    """What was eaten at one time; `day` is the athlete's own calendar day."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    athlete = models.ForeignKey(Athlete, on_delete=models.CASCADE, related_name="meals")
    day = models.DateField()
    slot = models.CharField(max_length=10, choices=MealSlot.choices)
    eaten_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=300, blank=True)
    client_id = models.UUIDField(null=True, blank=True)
    """Given by the caller, so that a meal that is sent twice is stored once."""
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    is_demo = models.BooleanField(default=False, editable=False)

    objects = kept(MealQuerySet)
    all_with_deleted = MealQuerySet.as_manager()

    class Meta:
        ordering = ["-day", "eaten_at", "created_at"]
        constraints = [models.UniqueConstraint(fields=["athlete", "client_id"], name="one_meal_per_client_id")]
        indexes = [models.Index(fields=["athlete", "day"], name="meals_of_a_day")]

    def __str__(self) -> str:
        return f"{self.get_slot_display()} {self.day:%Y-%m-%d}"


class MealItemQuerySet(QuerySet["MealItem"]):
    def visible_to(self, user) -> "MealItemQuerySet":
        return self.filter(meal__in=Meal.objects.visible_to(user))

    def editable_by(self, user) -> "MealItemQuerySet":
        return self.filter(meal__in=Meal.objects.editable_by(user))


class MealItem(models.Model):
    """A food and its weight. The figures per 100 g are those of the day it was logged, so that history stays."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    meal = models.ForeignKey(Meal, on_delete=models.CASCADE, related_name="items")
    food = models.ForeignKey(Food, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    name = models.CharField(max_length=200)
    amount = models.FloatField()
    unit = models.CharField(max_length=80)
    """As it was entered: g, ml, or the name of a portion."""
    grams = models.FloatField()
    per_100_g = models.JSONField(default=dict)
    """Nutrient → value per 100 g; what is unknown is not there."""
    position = models.PositiveSmallIntegerField(default=0)

    objects = MealItemQuerySet.as_manager()

    class Meta:
        ordering = ["position", "name"]
        constraints = [models.CheckConstraint(condition=Q(grams__gte=0) & Q(amount__gte=0), name="item_has_weight")]

    def __str__(self) -> str:
        return self.name
