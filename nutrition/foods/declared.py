"""What foods declare to the site; called from nutrition/declarations.py."""

from mlops.jobs import chores
from nutrition import models
from nutrition.foods.services.imports import part_follow
from nutrition.foods.services.own import FOODS, bin_expire
from web.registries import bin, personal_data


def register() -> None:
    """Personal data, the bin."""
    foods, favourites = models.Food.all_with_deleted, models.FavouriteFood.objects
    table = personal_data.PersonalTable
    personal_data.register(table(models.FavouriteFood, lambda user: favourites.filter(athlete__user=user), order=10))
    personal_data.register(table(models.Food, lambda user: foods.filter(athlete__user=user), order=34))
    portions = models.FoodPortion.objects
    personal_data.register(table(models.FoodPortion, lambda user: portions.filter(food__athlete__user=user), order=12))
    personal_data.exempt(models.FoodWordHint, "words of common foods")
    bin.register(FOODS)
    chores.register(chores.Chore("nutrition.foods_bin", 3600, bin_expire))
    chores.register(chores.Chore("nutrition.foods_of_part", 60, part_follow))
