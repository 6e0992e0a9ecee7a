"""What the diary declares to the site; called from nutrition/declarations.py."""

from django.utils.translation import gettext_lazy as _

from mlops.jobs import chores
from nutrition import models
from nutrition.diary.services.demo import demo_make, demo_remove
from nutrition.diary.services.meals import MEALS, bin_expire
from web.registries import bin, demo, nav, personal_data

ATHLETE = frozenset({"athlete"})


def register() -> None:
    """Personal data, the bin, demo life, navigation."""
    meals, items = models.Meal.all_with_deleted, models.MealItem.objects
    table = personal_data.PersonalTable
    personal_data.register(table(models.MealItem, lambda user: items.filter(meal__athlete__user=user), order=12))
    personal_data.register(table(models.Meal, lambda user: meals.filter(athlete__user=user), order=32))
    for model in (models.NutritionSettings, models.BodyMass):
        personal_data.register(
            table(model, lambda user, rows=model.objects: rows.filter(athlete__user=user), order=30)
        )
    bin.register(MEALS)
    chores.register(chores.Chore("nutrition.meals_bin", 3600, bin_expire))
    demo.register(demo.DemoPart("nutrition", 70, demo_make, demo_remove))
    nav.register(nav.NavEntry(_("Nutrition"), "nutrition:day", "food", ATHLETE, 37))
