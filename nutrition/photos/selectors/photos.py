"""Reading photos of food. They are their owner's alone: a coach sees meals, never the photos."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from mlops.ml.vision.photo_squares import kept_pixels
from mlops.ml.vision.photos import Photo
from nutrition.models import FoodPhoto, PhotoRegion
from web.refusals import Problem

PHOTO_FILE, THUMBNAIL_FILE = "photo.jpg", "small.jpg"


def photo_list(*, user: Any) -> QuerySet[FoodPhoto]:
    """One's own photos, newest first, with n_foods: how many regions have a name."""
    rows = FoodPhoto.objects.visible_to(user).select_related("athlete__user", "meal")
    return rows.annotate(n_foods=Count("regions", filter=~Q(regions__label=""))).order_by("-created_at", "-pk")


def photo_get_for(*, user: Any, pk: Any) -> FoodPhoto:
    """One's own; 404 for everything else."""
    return get_object_or_404(FoodPhoto.objects.visible_to(user).select_related("athlete__user", "meal"), pk=pk)


def region_get_for(*, user: Any, photo: Any, pk: Any) -> PhotoRegion:
    """A region of one's own photo; 404 for everything else."""
    rows = PhotoRegion.objects.visible_to(user).select_related("photo__athlete__user", "food")
    return get_object_or_404(rows.filter(photo__deleted_at__isnull=True), photo=photo, pk=pk)


def photo_folder(photo: FoodPhoto) -> Path:
    """The private folder of a photo and its small copy."""
    return Path(settings.MEDIA_ROOT) / photo.folder


def photo_pixels(photo: FoodPhoto) -> Photo:
    """(height, width, 3) of a kept photo. Raises Problem 409 `file_gone` where its file is missing."""
    try:
        return kept_pixels(photo_folder(photo) / PHOTO_FILE)
    except OSError:
        detail = _("The file of this photo is missing. Delete the photo and upload it again.")
        raise Problem(409, "file_gone", detail) from None
