"""Photos of food in the bin, and photos whose time is over."""

import shutil
import time
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import ConsentKind, LearningScope
from nutrition.models import FoodPhoto
from nutrition.photos.selectors.photos import photo_folder
from sessions.services.leftovers import QUIET_S, moved_at
from web.refusals import Problem
from web.registries.bin import BinKind
from web.services.bin import bin_empty, expired


def photos_binned(user: Any) -> QuerySet[FoodPhoto]:
    """Photos that somebody deleted."""
    rows: QuerySet[FoodPhoto] = FoodPhoto.all_with_deleted.editable_by(user)
    return rows.filter(deleted_at__isnull=False)


def photo_restore(photo: FoodPhoto) -> None:
    """Take a deletion back. Raises Problem 409 where the same photo was uploaded again."""
    with transaction.atomic():
        twins = FoodPhoto.objects.select_for_update().filter(athlete=photo.athlete_id, sha256=photo.sha256)
        if twins.exists():
            raise Problem(409, "uploaded_again", _("The same photo was uploaded again. Delete that one first."))
        FoodPhoto.all_with_deleted.filter(pk=photo.pk).update(deleted_at=None)


def photo_purge(photo: FoodPhoto) -> None:
    """Remove it with its regions and files, if it is still in the bin."""
    with transaction.atomic():
        row = FoodPhoto.all_with_deleted.select_for_update().filter(pk=photo.pk, deleted_at__isnull=False).first()
        if row is None:
            return
        row.delete()
    shutil.rmtree(photo_folder(photo), ignore_errors=True)


def photos_expire() -> None:
    """A chore: what lay in the bin for thirty days goes for good; what is older than FOOD_PHOTO_KEEP_DAYS goes into
    the bin, except where its pictures recognise a food of its owner."""
    for photo in expired(FoodPhoto.all_with_deleted.all()):
        photo_purge(photo)
    if settings.FOOD_PHOTO_KEEP_DAYS:
        old = FoodPhoto.objects.filter(created_at__lt=timezone.now() - timedelta(days=settings.FOOD_PHOTO_KEEP_DAYS))
        old.filter(regions__example__isnull=True, is_demo=False).update(deleted_at=timezone.now())


def photos_withdrawn(user: Any, kind: str, scope: str) -> None:
    """Who withdraws the learning consent for photos has deleted photos removed at once."""
    if kind == ConsentKind.LEARNING and scope == LearningScope.PHOTO:
        bin_empty(user=user, names=(PHOTOS.name,))


def photo_leftovers_remove() -> None:
    """A chore: remove files without a row, in which nothing moved for two hours."""
    root = Path(settings.MEDIA_ROOT) / "food_photos"
    for path in root.iterdir() if root.is_dir() else ():
        if time.time() - moved_at(path) > QUIET_S and not _is_known(path.name):
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def _is_known(name: str) -> bool:
    try:
        return bool(FoodPhoto.all_with_deleted.filter(pk=uuid.UUID(name)).exists())
    except ValueError:
        return False


def photos_of_person_remove(user: Any) -> None:
    """Before erasing: the folders of a person's photos go at once and whole."""
    for photo in FoodPhoto.all_with_deleted.filter(athlete__user=user):
        shutil.rmtree(photo_folder(photo), ignore_errors=True)


PHOTOS = BinKind(
    "food-photo", gettext_lazy("Food photo"), photos_binned,
    lambda row: date_format(timezone.localtime(row.created_at), "j M Y, H:i"), photo_restore, photo_purge,
    lambda row: reverse("nutrition:photo", args=[row.pk]),
)
