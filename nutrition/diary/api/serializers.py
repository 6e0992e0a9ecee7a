"""What the API of the diary takes and gives."""

from typing import Any

from rest_framework import serializers

from nutrition.diary.services.meals import MAX_ITEMS
from nutrition.models import BodyMass, Food, Meal, MealItem, NutritionSettings
from web.api.serializers import OwnedPrimaryKeyRelatedField, StrictModelSerializer, StrictSerializer


class ItemGivenSerializer(StrictSerializer):
    """A food and how much of it."""

    food = OwnedPrimaryKeyRelatedField(queryset=lambda user: Food.objects.visible_to(user).prefetch_related("portions"))
    amount = serializers.FloatField(min_value=0, max_value=100_000)
    unit = serializers.CharField(max_length=80, help_text="g, ml (where the food's density is known), or a portion.")


class RecipeSerializer(StrictSerializer):
    """A dish: what goes in, for how many, and what it weighs when it is ready (without it: the sum)."""

    name = serializers.CharField(max_length=200)
    servings = serializers.FloatField(min_value=0.1, max_value=100)
    cooked_g = serializers.FloatField(min_value=1, max_value=50_000, required=False, allow_null=True)
    items = ItemGivenSerializer(many=True, min_length=1, max_length=MAX_ITEMS)


class MealItemSerializer(StrictModelSerializer):
    """What was logged, with the food's figures per 100 g of that day."""

    class Meta:
        model = MealItem
        fields = ["id", "food", "name", "amount", "unit", "grams", "per_100_g"]
        read_only_fields = fields


class MealShownSerializer(StrictModelSerializer):
    """A meal with what was on the plate."""

    items = MealItemSerializer(many=True, read_only=True)

    class Meta:
        model = Meal
        fields = ["id", "athlete", "day", "slot", "note", "client_id", "items", "created_at", "updated_at", "is_demo"]
        read_only_fields = fields


class MealSerializer(StrictModelSerializer):
    """A meal. `items` of a PATCH replaces what was on the plate; the same `client_id` again is the same meal."""

    items = ItemGivenSerializer(many=True, max_length=MAX_ITEMS)

    class Meta:
        model = Meal
        fields = ["day", "slot", "note", "client_id", "items"]
        validators: list = []

    def to_representation(self, meal: Meal) -> dict[str, Any]:
        return dict(MealShownSerializer(meal, context=self.context).data)


class BodyMassSerializer(StrictModelSerializer):
    """Body mass of a day, kg; a second entry of a day replaces the first."""

    class Meta:
        model = BodyMass
        fields = ["id", "athlete", "day", "mass_kg", "created_at", "is_demo"]
        read_only_fields = ["id", "athlete", "created_at", "is_demo"]
        validators: list = []


class NutritionSettingsSerializer(StrictModelSerializer):
    """What the targets rest on; null or "" where nothing was given."""

    class Meta:
        model = NutritionSettings
        fields = ["goal", "sex", "birth_year", "is_pregnant", "hide_energy", "energy_kcal", "protein_g"]


class TotalSerializer(serializers.Serializer):
    """What is known of a sum, and how many foods have no figure."""

    value = serializers.FloatField()
    n_unknown = serializers.IntegerField()


class TargetSerializer(serializers.Serializer):
    """A value to aim at, between two that are as good, with codes of its reasons."""

    value = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()
    reasons = serializers.ListField(child=serializers.CharField())


class DaySerializer(serializers.Serializer):
    """One day: totals and targets by nutrient; targets null where body mass is unknown."""

    day = serializers.DateField()
    n_items = serializers.IntegerField()
    totals = serializers.DictField(child=TotalSerializer())
    targets = serializers.DictField(child=TargetSerializer(), allow_null=True)
