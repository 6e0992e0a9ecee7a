"""What videos declare to the site; called from sessions/declarations.py."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _

from mlops.jobs import chores
from sessions import models
from sessions.selectors.video_features import shelf_register
from sessions.video.selectors.videos import videos_found
from sessions.video.services.bin import VIDEOS, videos_expire, videos_withdrawn
from sessions.video.services.chain import folder_names
from sessions.video.services.demo import demo_remove, demo_wanted
from sessions.video.services.extraction import features_files, features_kept, features_names
from sessions.video.services.leftovers import video_leftovers_remove, videos_of_person_remove
from sessions.video.services.shelf import SiteShelf
from sessions.video.services.videos import video_files, video_names, videos_in_bin, videos_kept, videos_of
from sessions.video.services.waiting import waiting_wake
from web.registries import bin, consent, demo, nav, personal_data, search, storage, stored_files

ATHLETE, COACH = frozenset({"athlete"}), frozenset({"coach"})
STAFF = frozenset({"ml_staff"})


def register() -> None:
    """Personal data, storage, bin, chores, navigation and search."""
    from sessions.video import jobs  # noqa: F401  registers the job kinds, which need the models to be loaded

    shelf_register(SiteShelf())
    demo.register(demo.DemoPart("videos", 45, demo_wanted, demo_remove))
    _personal_data()
    stored_files.register(models.Video, video_names)
    stored_files.register(models.FeatureFile, features_names)
    stored_files.register(models.FeatureDataset, folder_names)
    stored_files.register(models.FeatureModel, folder_names)
    storage.register(storage.Usage(_("Videos"), 24, videos_kept))
    storage.register(storage.Usage(_("Videos, recently deleted"), 25, videos_in_bin))
    storage.register(storage.Usage(_("Features of videos"), 26, features_kept))
    storage.register(storage.Usage(_("Datasets of videos"), 27, _own(models.FeatureDataset)))
    storage.register(storage.Usage(_("Models of videos"), 28, _own(models.FeatureModel)))
    bin.register(VIDEOS)
    consent.on_withdrawn(videos_withdrawn)
    chores.register(chores.Chore("videos.waiting", 5, waiting_wake))
    chores.register(chores.Chore("videos.bin", 3600, videos_expire))
    chores.register(chores.Chore("videos.leftovers", 3600, video_leftovers_remove))
    nav.register(nav.NavEntry(_("Videos"), "workouts:videos", "video", ATHLETE, 35))
    nav.register(nav.NavEntry(_("Videos"), "workouts:videos", "video", COACH, 30))
    nav.register_local("engine", nav.LocalEntry(_("Videos"), "workouts:videos", STAFF, 55, also=("workouts:video",)))
    search.register(search.Source(_("Videos"), "video", 42, videos_found))


def _own(model: Any) -> Any:
    return lambda user: model.objects.filter(owner=user).annotate(kept=F("n_bytes"))


def _personal_data() -> None:
    table = personal_data.PersonalTable
    spans, features = models.VideoSpan.objects, models.FeatureFile.objects
    tables: list[tuple[Any, Any, Any, int]] = [
        (models.VideoSpan, lambda user: spans.filter(video__in=_videos(user)), None, 20),
        (models.FeatureFile, lambda user: features.filter(video__in=_videos(user)), features_files, 25),
        (models.Video, _videos, video_files, 30),
        (models.FeatureModel, lambda user: models.FeatureModel.objects.filter(owner=user), folder_files, 20),
        (models.FeatureDataset, lambda user: models.FeatureDataset.objects.filter(owner=user), folder_files, 25),
    ]
    personal_data.before_erase(videos_of_person_remove)
    for model, rows, files, order in tables:
        personal_data.register(table(model, rows, files=files, order=order))


def _videos(user: Any) -> QuerySet:
    return models.Video.all_with_deleted.filter(videos_of(user))


def folder_files(row: Any) -> Iterable[tuple[str, Path]]:
    """(name in an export, path on disk) of everything in the folder of a data set or model."""
    folder = Path(settings.MEDIA_ROOT) / row.folder
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield f"{row.folder}/{path.relative_to(folder)}", path
