"""What this room declares to the site; called from nutrition/declarations.py."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from mlops.jobs import chores
from nutrition import models
from nutrition.photos.services.bin import (
    PHOTOS,
    photo_leftovers_remove,
    photos_expire,
    photos_of_person_remove,
    photos_withdrawn,
)
from nutrition.photos.services.photos import photo_files, photo_names, photos_kept
from web.registries import bin, consent, personal_data, storage, stored_files


def register() -> None:
    """Called once from AppConfig.ready()."""
    _personal_data()
    stored_files.register(models.FoodPhoto, photo_names)
    storage.register(storage.Usage(_("Food photos"), 32, photos_kept(is_deleted=False)))
    storage.register(storage.Usage(_("Food photos, recently deleted"), 33, photos_kept(is_deleted=True)))
    bin.register(PHOTOS)
    consent.on_withdrawn(photos_withdrawn)
    chores.register(chores.Chore("food photos.bin", 3600, photos_expire))
    chores.register(chores.Chore("food photos.leftovers", 3600, photo_leftovers_remove))


def _personal_data() -> None:
    table = personal_data.PersonalTable
    examples, foods = models.OwnFoodExample.objects, models.OwnFood.objects
    regions = models.PhotoRegion.objects
    personal_data.before_erase(photos_of_person_remove)
    tables: list[tuple[Any, Any, Any, int]] = [
        (models.OwnFoodExample, lambda user: examples.filter(own_food__athlete__user=user), None, 20),
        (models.OwnFood, lambda user: foods.filter(athlete__user=user), None, 25),
        (models.PhotoRegion, lambda user: regions.filter(photo__in=_photos(user)), None, 25),
        (models.FoodPhoto, _photos, photo_files, 30),
    ]
    for model, rows, files, order in tables:
        personal_data.register(table(model, rows, files=files, order=order))


def _photos(user: Any) -> QuerySet:
    return models.FoodPhoto.all_with_deleted.filter(athlete__user=user)
