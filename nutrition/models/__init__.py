"""Foods, meals, photos and plans."""

from nutrition.models.food import NUTRIENTS, Food, FoodPortion, FoodSource
from nutrition.models.meal import Meal, MealItem, MealSlot
from nutrition.models.photo import FoodPhoto, OwnFood, OwnFoodExample, PhotoRegion

__all__ = [
    "NUTRIENTS", "Food", "FoodPhoto", "FoodPortion", "FoodSource", "Meal", "MealItem", "MealSlot", "OwnFood",
    "OwnFoodExample", "PhotoRegion",
]  # fmt: skip
