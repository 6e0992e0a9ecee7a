"""Files of recordings that no row knows: what a killed worker, or a delete that was cut short, left on disk."""

import shutil
import time
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings

from mlops.models import Job
from sessions.models import LiveStream, Recording

QUIET_S = 2 * 3600
"""Longer than any job that writes a recording: nobody works in a folder that was still for so long."""


def parts_remove(pk: uuid.UUID | str) -> int:
    """Remove half-written folders of one recording; returns how many. The caller is the one that writes it now."""
    stale = list(_root().glob(f".{pk}.*.part"))
    for folder in stale:
        shutil.rmtree(folder, ignore_errors=True)
    return len(stale)


def leftovers_remove() -> None:
    """A chore: remove half-written folders, and those without a row, in which nothing moved for two hours."""
    if not _root().is_dir():
        return
    for folder in _root().iterdir():
        if time.time() - moved_at(folder) > QUIET_S and not _is_known(folder.name):
            shutil.rmtree(folder, ignore_errors=True)


def leftovers_of_person_remove(user: Any) -> None:
    """Before erasing: half-written recordings of the person's imports and live streams go at once."""
    for pk in (*_imported(user), *LiveStream.objects.filter(session__athlete__user=user).values_list("pk", flat=True)):
        parts_remove(pk)
        if not Recording.all_with_deleted.filter(pk=pk).exists():
            shutil.rmtree(_root() / str(pk), ignore_errors=True)


def _imported(user: Any) -> Iterable[uuid.UUID]:
    """Keys that the person's import jobs give their recordings."""
    for job in Job.objects.filter(owner=user, kind="recording.import"):
        for n in range(len(job.parameters.get("recordings", ()))):
            yield uuid.uuid5(job.pk, str(n))


def _root() -> Path:
    return Path(settings.MEDIA_ROOT) / "recordings"


def _is_known(name: str) -> bool:
    try:
        return Recording.all_with_deleted.filter(pk=uuid.UUID(name)).exists()
    except ValueError:
        return not name.endswith(".part")


def moved_at(folder: Path) -> float:
    """The newest change in a folder, in seconds of the epoch; now for one that vanishes meanwhile."""
    try:
        return max(path.lstat().st_mtime for path in (folder, *folder.rglob("*")))
    except OSError:
        return time.time()
