"""What photos declare to the site; called from nutrition/declarations.py."""

from nutrition import models
from web.registries import personal_data


def register() -> None:
    """Personal data."""
    table = personal_data.PersonalTable
    examples, regions, photos = models.OwnFoodExample.objects, models.PhotoRegion.objects, models.FoodPhoto
    personal_data.register(table(models.OwnFoodExample, lambda user: examples.filter(athlete__user=user), order=8))
    personal_data.register(table(models.PhotoRegion, lambda user: regions.filter(photo__athlete__user=user), order=10))
    personal_data.register(
        table(models.FoodPhoto, lambda user: photos.all_with_deleted.filter(athlete__user=user), order=20)
    )
