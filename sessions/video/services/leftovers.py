"""Files of videos and features that no row knows: what a killed worker, or a request that broke off, left on disk."""

import shutil
import time
import uuid
from pathlib import Path
from typing import Any

from django.conf import settings

from sessions.models import FeatureDataset, FeatureFile, FeatureModel, Video
from sessions.services.leftovers import QUIET_S, moved_at
from sessions.video.services.extraction import part_folder
from sessions.video.services.videos import video_folder, videos_of

_KNOWN: dict[str, Any] = {
    "vlm_uploads": lambda name: Video.all_with_deleted.filter(pk=_uuid(name)).exists(),
    "processed/features": lambda name: FeatureFile.objects.filter(pk=_uuid(Path(name).stem)).exists(),
    "processed/datasets": lambda name: FeatureDataset.objects.filter(pk=name.removeprefix("dataset_")).exists(),
    "mlruns/models": lambda name: FeatureModel.objects.filter(pk=name).exists(),
}


def video_leftovers_remove() -> None:
    """A chore: remove what has no row and in which nothing moved for two hours."""
    for folder, is_known in _KNOWN.items():
        root = Path(settings.MEDIA_ROOT) / folder
        for path in root.iterdir() if root.is_dir() else ():
            if time.time() - moved_at(path) > QUIET_S and (path.name.startswith(".") or not is_known(path.name)):
                shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def videos_of_person_remove(user: Any) -> None:
    """Before erasing: the folders of a person's clips, and half-made features, go at once and whole."""
    videos = Video.all_with_deleted.filter(videos_of(user))
    for row in FeatureFile.objects.filter(video__in=videos):
        shutil.rmtree(part_folder(row), ignore_errors=True)
    for video in videos:
        shutil.rmtree(video_folder(video), ignore_errors=True)


def _uuid(name: str) -> uuid.UUID:
    try:
        return uuid.UUID(name)
    except ValueError:
        return uuid.UUID(int=0)
