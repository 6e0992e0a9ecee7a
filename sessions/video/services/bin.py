"""Videos in the bin: taken back, or removed for good."""

import shutil
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import ConsentKind, LearningScope
from sessions.models import Video
from sessions.video.services.videos import video_folder
from web.refusals import Problem
from web.registries.bin import BinKind
from web.services.bin import bin_empty, expired


def videos_binned(user: Any) -> QuerySet[Video]:
    """Clips that somebody deleted."""
    rows: QuerySet[Video] = Video.all_with_deleted.editable_by(user)
    return rows.filter(deleted_at__isnull=False)


def video_restore(video: Video) -> None:
    """Take a deletion back. Raises Problem 409 where the same file was uploaded again."""
    with transaction.atomic():
        twins = Video.objects.select_for_update().filter(owner=video.owner_id, sha256=video.sha256, problem="")
        if not video.problem and twins.exists():
            raise Problem(409, "uploaded_again", _("The same file was uploaded again. Delete that video first."))
        Video.all_with_deleted.filter(pk=video.pk).update(deleted_at=None)


def video_purge(video: Video) -> None:
    """Remove it with its labels, features and files, if it is still in the bin."""
    root = Path(settings.MEDIA_ROOT)
    with transaction.atomic():
        row = Video.all_with_deleted.select_for_update().filter(pk=video.pk, deleted_at__isnull=False).first()
        if row is None:
            return
        files = [root / one.file for one in row.features.all()]
        row.delete()
    for file in files:
        file.unlink(missing_ok=True)
    shutil.rmtree(video_folder(video), ignore_errors=True)


def videos_expire() -> None:
    """A chore: what lay in the bin for thirty days goes for good."""
    for video in expired(Video.all_with_deleted.all()):
        video_purge(video)


def videos_withdrawn(user: Any, kind: str, scope: str) -> None:
    """Who withdraws the learning consent for raw video has deleted videos removed at once."""
    if kind == ConsentKind.LEARNING and scope in (LearningScope.RAW_VIDEO, LearningScope.SENSOR):
        bin_empty(user=user, names=(VIDEOS.name,))


VIDEOS = BinKind(
    "video", gettext_lazy("Video"), videos_binned, lambda row: str(row.title), video_restore, video_purge,
    lambda row: reverse("workouts:video", args=[row.pk]),
)
