"""Foods, meals, photos, settings and body mass."""

from nutrition.models.food import NUTRIENTS, FavouriteFood, Food, FoodPortion, FoodSource, FoodWordHint
from nutrition.models.meal import Meal, MealItem, MealSlot
from nutrition.models.photo import FoodPhoto, OwnFood, OwnFoodExample, PhotoRegion
from nutrition.models.settings import BodyMass, Goal, NutritionSettings, Sex

__all__ = [
    "NUTRIENTS", "BodyMass", "FavouriteFood", "Food", "FoodPhoto", "FoodPortion", "FoodSource", "FoodWordHint", "Goal",
    "Meal", "MealItem", "MealSlot", "NutritionSettings", "OwnFood", "OwnFoodExample", "PhotoRegion", "Sex",
]  # fmt: skip
