"""What the API of foods takes and gives."""

from typing import Any

from rest_framework import serializers

from nutrition.models import NUTRIENTS, Food
from web.api.serializers import StrictModelSerializer, StrictSerializer


class PortionSerializer(StrictSerializer):
    """A household measure."""

    name = serializers.CharField(max_length=80)
    grams = serializers.FloatField(min_value=0.1, max_value=5000)


class FoodSerializer(StrictModelSerializer):
    """Nutrients per 100 g; null is unknown, never zero. `flags` says what looks wrong in the figures."""

    portions = PortionSerializer(many=True, required=False)
    is_mine = serializers.SerializerMethodField()

    class Meta:
        model = Food
        fields = [
            "id", "name", "also", "brand", "category", "barcode", *NUTRIENTS, "density_g_ml", "portions", "source",
            "reference", "flags", "is_mine", "is_demo",
        ]  # fmt: skip
        read_only_fields = ["id", "category", "source", "reference", "flags", "is_mine", "is_demo"]

    def get_is_mine(self, food: Food) -> bool:
        """An own food: nobody else sees it, and it can be changed."""
        return food.athlete_id is not None

    def validate_portions(self, given: list[dict[str, Any]]) -> dict[str, float]:
        return {one["name"]: one["grams"] for one in given}


