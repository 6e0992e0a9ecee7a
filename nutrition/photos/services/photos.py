"""Bringing in and deleting photos of food."""

import hashlib
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Athlete
from mlops.ml.contract import UnreadableInput
from mlops.ml.vision.photo_storing import KeptPhoto, photo_kept
from nutrition.models import FoodPhoto
from nutrition.photos.selectors.photos import PHOTO_FILE, THUMBNAIL_FILE, photo_folder
from web.models import Upload
from web.refusals import Problem
from web.said import respoken
from web.services.sniff import FileKind, require_kind
from web.services.space import account_require, space_promised
from web.services.uploads import upload_delete, upload_open_path

ALLOWED = frozenset({FileKind.JPEG, FileKind.PNG, FileKind.WEBP})
MAX_BYTES = 64 * 2**20
NEEDS_BYTES = 8 * 2**20
"""More than a photo and its small copy ever take."""
HOLD_S = 180
RECENT = timedelta(days=400)
"""A time further back, or ahead, says nothing about a meal."""
_STATUS = {"wrong_type": 415, "too_many_pixels": 413, "too_large": 413, "busy": 503}
_HEIC = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"avif")
_PIECE = 1024 * 1024


def photo_from_file(*, athlete: Athlete, file: Any, taken_at: datetime | None = None) -> FoodPhoto:
    """Take a file of a form (Django's UploadedFile).

    Raises Problem 415 `wrong_type`, `polyglot`; 413 `too_large`, `too_many_pixels`; 422 `unreadable_media`; 409
    `duplicate`; 507 `insufficient_storage` for a full disk or account.
    """
    if file.size > MAX_BYTES:
        raise Problem(413, "too_large", _("A photo can have at most %(n)s MB.") % {"n": MAX_BYTES // 2**20})

    root = Path(settings.MEDIA_ROOT) / "food_photos"
    part = root / f".{uuid.uuid4().hex}.part"
    with space_promised(key=f"food photo {part.name}", n_bytes=NEEDS_BYTES + file.size, hold_s=HOLD_S):
        root.mkdir(parents=True, exist_ok=True)
        try:
            with part.open("wb") as target:
                for piece in file.chunks(_PIECE):
                    target.write(piece)
            return _photo_add(athlete, part, taken_at)
        finally:
            part.unlink(missing_ok=True)


def photo_from_upload(*, athlete: Athlete, upload: Upload, taken_at: datetime | None = None) -> FoodPhoto:
    """Take a complete upload, which is used up. Raises as `photo_from_file`, and 409 `not_ready`."""
    path = upload_open_path(upload)
    with space_promised(key=f"food photo {upload.pk}", n_bytes=NEEDS_BYTES, hold_s=HOLD_S):
        photo = _photo_add(athlete, path, taken_at)
    upload_delete(upload=upload)
    return photo


def photo_read(path: Path) -> KeptPhoto:
    """A stranger's file as it will be kept. Raises Problem 415, 413, 422 with a sentence."""
    with path.open("rb") as handle:
        head = handle.read(12)
    if head[4:8] == b"ftyp" and head[8:12] in _HEIC:
        detail = _("HEIC photos can't be read here. Send the photo as JPEG: phones have a setting for it.")
        raise Problem(415, "wrong_type", detail)
    require_kind(path, ALLOWED)
    try:
        return photo_kept(path)
    except UnreadableInput as error:
        raise Problem(_STATUS.get(error.code, 422), error.code, respoken(str(error))) from error


def _photo_add(athlete: Athlete, path: Path, taken_at: datetime | None) -> FoodPhoto:
    """The row and its files: all or none."""
    kept = photo_read(path)
    n_bytes = len(kept.photo) + len(kept.thumbnail)
    account_require(athlete.user, n_bytes)
    digest = hashlib.sha256(kept.photo).hexdigest()
    twin = FoodPhoto.objects.filter(athlete=athlete, sha256=digest).first()
    if twin is not None:
        url = f"/nutrition/photo/{twin.pk}/"
        raise Problem(409, "duplicate", _("You already uploaded this photo."), photo=str(twin.pk), url=url)
    photo = FoodPhoto(
        athlete=athlete, width=kept.width, height=kept.height, n_bytes=n_bytes, sha256=digest,
        taken_at=_plausible(taken_at),
    )  # fmt: skip
    folder = photo_folder(photo)
    try:
        with transaction.atomic():
            photo.save(force_insert=True)
            folder.mkdir(parents=True)
            (folder / PHOTO_FILE).write_bytes(kept.photo)
            (folder / THUMBNAIL_FILE).write_bytes(kept.thumbnail)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return photo


def _plausible(taken_at: datetime | None) -> datetime | None:
    now = timezone.now()
    return taken_at if taken_at is not None and now - RECENT < taken_at <= now + timedelta(minutes=5) else None


def photo_delete(*, photo: FoodPhoto) -> None:
    """Put it into the bin; its regions and files stay until it is restored or goes for good. Meals stay anyway."""
    FoodPhoto.objects.filter(pk=photo.pk).update(deleted_at=timezone.now())


def photo_files(photo: FoodPhoto) -> Iterable[tuple[str, Path]]:
    """(name in an export, path on disk)."""
    for name in (PHOTO_FILE, THUMBNAIL_FILE):
        yield f"{photo.folder}/{name}", photo_folder(photo) / name


def photo_names(rows: QuerySet[FoodPhoto]) -> Iterator[str]:
    """Below MEDIA_ROOT, the files that these photos name."""
    for photo in rows.iterator():
        yield from (f"{photo.folder}/{name}" for name in (PHOTO_FILE, THUMBNAIL_FILE))


def photos_kept(*, is_deleted: bool) -> Callable[[Any], QuerySet[FoodPhoto]]:
    """user → their photos, in use or in the bin, each with the bytes it takes as `kept`."""
    rows = FoodPhoto.all_with_deleted.filter(deleted_at__isnull=not is_deleted)
    return lambda user: rows.filter(athlete__user=user).annotate(kept=F("n_bytes"))
