"""Routes of food photos: their owner's alone."""

import uuid
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone
from PIL import Image

from nutrition.models import FoodPhoto, OwnFood, PhotoRegion
from tests.access.rows import OWNER_ONLY, SIGNED_IN, Row, expect

OWN_MOVE = expect(404, owner=302)


def extend(world: Any) -> None:
    """A photo with a food in it, and one in the bin."""
    world.food_photo = _photo(world, sha256="a")
    world.binned_food_photo = _photo(world, sha256="b", deleted_at=timezone.now())
    world.photo_region = PhotoRegion.objects.create(photo=world.food_photo, label="Rice", answer={})
    world.own_food = OwnFood.objects.create(athlete=world.athlete, name="Banku")


def _photo(world: Any, **fields: Any) -> FoodPhoto:
    pk = uuid.uuid4()
    folder = Path(settings.MEDIA_ROOT) / "food_photos" / str(pk)
    folder.mkdir(parents=True)
    for name in ("photo.jpg", "small.jpg"):
        Image.new("RGB", (64, 48), "red").save(folder / name)
    return FoodPhoto.all_with_deleted.create(pk=pk, athlete=world.athlete, width=64, height=48, **fields)


def _pk(world: Any) -> dict[str, Any]:
    return {"pk": world.food_photo.pk}


def _photo_of(world: Any) -> dict[str, Any]:
    return {"photo": world.food_photo.pk}


def _region(world: Any) -> dict[str, Any]:
    return {"photo": world.food_photo.pk, "pk": world.photo_region.pk}


def _own(world: Any) -> dict[str, Any]:
    return {"pk": world.own_food.pk}


def _file(world: Any) -> dict[str, Any]:
    return {"pk": world.food_photo.pk, "name": "photo.jpg"}


def _binned(world: Any) -> dict[str, Any]:
    return {"pk": world.binned_food_photo.pk}


def _in_bin(world: Any) -> dict[str, Any]:
    return {"kind": "food-photo", "pk": str(world.binned_food_photo.pk)}


ROWS = [
    Row("nutrition:photos", SIGNED_IN, note="one's own"),
    Row("nutrition:photos", expect(302), method="POST", note="nothing sent"),
    Row("nutrition:photo", OWNER_ONLY, kwargs=_pk),
    Row("nutrition:photo", expect(404), kwargs=_binned, note="in the bin"),
    Row("nutrition:photo_file", OWNER_ONLY, kwargs=_file),
    Row("nutrition:photo_delete", OWN_MOVE, kwargs=_pk, method="POST"),
    Row("accounts:deleted_restore", OWN_MOVE, kwargs=_in_bin, method="POST", note="food photo"),
    Row("nutrition_api:food_photo-list", SIGNED_IN, note="one's own"),
    Row("nutrition_api:food_photo-list", expect(400), method="POST", data=lambda w: {}, note="nothing sent"),
    Row("nutrition_api:food_photo-detail", OWNER_ONLY, kwargs=_pk),
    Row("nutrition_api:food_photo-detail", expect(404, owner=204), kwargs=_pk, method="DELETE"),
    Row("nutrition_api:food_photo-restore", OWNER_ONLY, kwargs=_binned, method="POST"),
    Row("nutrition_api:food_photo-meal", expect(404, owner=409), kwargs=_pk, method="POST",
        data=lambda w: {"day": "2026-11-30", "slot": "lunch"}, note="nothing with nutrients"),
    Row("nutrition_api:food_photo_regions", OWNER_ONLY, kwargs=_photo_of),
    Row("nutrition_api:food_photo_regions", expect(404, owner=201), kwargs=_photo_of, method="POST",
        data=lambda w: {"box": [0.1, 0.1, 0.5, 0.5]}),
    Row("nutrition_api:food_photo_region", OWNER_ONLY, kwargs=_region),
    Row("nutrition_api:food_photo_region", OWNER_ONLY, kwargs=_region, method="PATCH", data=lambda w: {"grams": 120}),
    Row("nutrition_api:food_photo_region", expect(404, owner=204), kwargs=_region, method="DELETE"),
    Row("nutrition_api:food_photo_confirm", OWNER_ONLY, kwargs=_region, method="POST",
        data=lambda w: {"label": "Rice"}),
    Row("nutrition_api:own_food-list", SIGNED_IN, note="one's own"),
    Row("nutrition_api:own_food-detail", OWNER_ONLY, kwargs=_own),
    Row("nutrition_api:own_food-detail", OWNER_ONLY, kwargs=_own, method="PATCH", data=lambda w: {"name": "Kenkey"}),
    Row("nutrition_api:own_food-detail", expect(404, owner=204), kwargs=_own, method="DELETE"),
]  # fmt: skip
