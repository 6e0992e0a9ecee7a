"""Resumable uploads: parts go straight to disk, the whole is checked once, then somebody takes the file."""

import datetime as dt
import hashlib
import os
import shutil
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from web.models import Upload, UploadPart, UploadState
from web.refusals import Problem
from web.selectors.uploads import upload_get_for, upload_missing
from web.services.filenames import filename_clean
from web.services.files import private_path
from web.services.space import account_require, space_lock, space_require

__all__ = [
    "upload_complete",
    "upload_create",
    "upload_delete",
    "upload_get_for",
    "upload_open_path",
    "upload_take",
    "upload_write_part",
    "uploads_expire",
]

LIFETIME = dt.timedelta(hours=24)
MAX_OPEN = 20
"""Uploads that one person may have unfinished or waiting at a time."""
_PIECE = 256 * 1024


def upload_create(*, owner: Any, filename: str, size: int) -> Upload:
    """Announce a file.

    Raises Problem 400 `empty`, 413 `too_large`, 429 `quota` (too many open, or together over the limit of
    one file twice), 507 `insufficient_storage` (the disk, or what one account may keep).

    The row is the promise: what has not come of it yet is room that nobody else is promised.
    """
    uploads_expire()
    if size < 1:
        raise Problem(400, "empty", _("The file is empty."))
    if size > settings.UPLOAD_MAX_BYTES:
        raise Problem(413, "too_large", _("A file can have at most %(n)s bytes.") % {"n": settings.UPLOAD_MAX_BYTES})
    with space_lock():
        return _announced(owner, filename_clean(filename), size)


def _announced(owner: Any, filename: str, size: int) -> Upload:
    waiting = Upload.objects.filter(owner=owner).exclude(state=UploadState.TAKEN)
    if waiting.count() >= MAX_OPEN:
        raise Problem(429, "quota", _("You have %(n)s open uploads. Finish or cancel one first.") % {"n": MAX_OPEN})
    promised = waiting.aggregate(total=Sum("size"))["total"] or 0
    if promised + size > 2 * settings.UPLOAD_MAX_BYTES:
        raise Problem(429, "quota", _("Your open uploads are too large in total. Finish or cancel one first."))
    account_require(owner, size)
    space_require(size)
    part_bytes = settings.UPLOAD_PART_BYTES
    return Upload.objects.create(
        owner=owner,
        filename=filename,
        size=size,
        part_bytes=part_bytes,
        n_parts=-(-size // part_bytes),
        expires_at=timezone.now() + LIFETIME,
    )


def upload_write_part(*, upload: Upload, number: int, stream: IO[bytes]) -> None:
    """Write part `number` (0-based) at its place. Sending it again is harmless until the file is complete.

    Raises Problem 404 `not_found` (no such part), 409 `upload_closed`, 400 `wrong_part_size`.
    """
    if number >= upload.n_parts:
        raise Problem(404, "not_found", _("This upload has parts 0 to %(last)s.") % {"last": upload.n_parts - 1})
    _require_open(upload)
    expected = upload.part_size(number)
    path = _path(upload)
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as target:
        target.seek(number * upload.part_bytes)
        left = expected
        while piece := stream.read(min(_PIECE, left + 1)):
            if len(piece) > left:
                raise _wrong_size(number, expected)
            target.write(piece)
            left -= len(piece)
        if left:
            raise _wrong_size(number, expected)
        target.flush()
        os.fsync(target.fileno())
    with transaction.atomic():
        alive = Upload.objects.filter(pk=upload.pk, state=UploadState.OPEN).update(expires_at=timezone.now() + LIFETIME)
        if not alive:
            raise _closed()
        UploadPart.objects.get_or_create(upload=upload, number=number)


def upload_complete(*, upload: Upload, sha256: str = "") -> Upload:
    """Check that every part is there, hash the file and make it ready. Calling it again is harmless.

    Raises Problem 409 `incomplete` (with `missing`: the first 100 part numbers), 400 `checksum_mismatch`,
    409 `upload_closed`.
    """
    if upload.state in (UploadState.READY, UploadState.TAKEN):
        return upload
    missing = upload_missing(upload)
    if missing:
        text = _("%(missing)s of %(n)s parts are missing.") % {"missing": len(missing), "n": upload.n_parts}
        raise Problem(409, "incomplete", text, missing=missing[:100])
    # One that is being sealed may be sealed again: whoever began may have died, and both read the same bytes.
    states = (UploadState.OPEN, UploadState.SEALING)
    if not Upload.objects.filter(pk=upload.pk, state__in=states).update(state=UploadState.SEALING):
        raise _closed()
    sealing = Upload.objects.filter(pk=upload.pk, state=UploadState.SEALING)
    try:
        found = _hash(_path(upload), upload.size)
        if sha256 and sha256.lower() != found:
            detail = _("The file was damaged during upload: its SHA-256 does not match. Send it again.")
            raise Problem(400, "checksum_mismatch", detail)
    except BaseException:
        sealing.update(state=UploadState.OPEN)
        raise
    sealing.update(state=UploadState.READY, sha256=found)
    upload.refresh_from_db(fields=["sha256", "state"])
    return upload


def upload_open_path(upload: Upload) -> Path:
    """Where the complete file lies, for reading it before it is taken. Raises Problem 409 `not_ready`."""
    if upload.state != UploadState.READY:
        raise Problem(409, "not_ready", _("This upload is incomplete or was already used."))
    return _path(upload)


def upload_take(upload: Upload, destination: Path) -> None:
    """Move the file to its owner: once. `destination` is an absolute path whose folder is made if needed.

    Raises Problem 409 `not_ready` for an upload that is incomplete or was taken before.
    """
    path = _path(upload)
    claimed = Upload.objects.filter(pk=upload.pk, state=UploadState.READY).update(state=UploadState.TAKEN)
    if not claimed:
        raise Problem(409, "not_ready", _("This upload is incomplete or was already used."))
    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(path, destination)
    except BaseException:
        Upload.objects.filter(pk=upload.pk).update(state=UploadState.READY)
        raise
    upload.state = UploadState.TAKEN


def upload_delete(*, upload: Upload) -> None:
    """Cancel an upload, or forget one that was taken; a file that somebody took stays."""
    _path(upload).unlink(missing_ok=True)
    upload.delete()


def uploads_expire() -> int:
    """Delete uploads past their time with their files; returns how many. Cheap: an indexed query."""
    n = 0
    for upload in Upload.objects.filter(expires_at__lte=timezone.now())[:500]:
        upload_delete(upload=upload)
        n += 1
    return n


def _path(upload: Upload) -> Path:
    return private_path(f"uploads/{upload.pk}.part")


def _require_open(upload: Upload) -> None:
    if upload.state != UploadState.OPEN:
        raise _closed()


def _closed() -> Problem:
    return Problem(409, "upload_closed", _("This upload is closed."))


def _wrong_size(number: int, expected: int) -> Problem:
    detail = _("Part %(number)s must have exactly %(n)s bytes.") % {"number": number, "n": expected}
    return Problem(400, "wrong_part_size", detail, expected=expected)


def _hash(path: Path, size: int) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        if os.fstat(handle.fileno()).st_size != size:
            detail = _("The stored file has the wrong size. Start the upload again.")
            raise Problem(409, "incomplete", detail, missing=[])
        while piece := handle.read(1024 * 1024):
            digest.update(piece)
    return digest.hexdigest()
