"""Feature files: asked for at once, made by a job."""

import os
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from django.conf import settings
from django.db.models import F, QuerySet
from django.dispatch import Signal
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from mlops.jobs.services.jobs import job_create
from sessions.models import Detector, FeatureFile, Video
from sessions.video.selectors.frame_times import labels_by_frame
from sessions.video.services.frame_labels import frame_labels_csv

EXTRACT = "video.extract"
features_made = Signal()
"""A feature file (`row`) is ready; sent by its job, after the commit."""
MAX_SAMPLE_RATE = 1000
_ENDING = "_features"


@dataclass(frozen=True)
class Wish:
    """What is to be extracted: by which detector, every n-th frame; who is followed (None: who stands out)."""

    detector: str = Detector.FUSION
    sample_rate: int = 1
    subject: int | None = None


class Step(Protocol):
    """The part of a job's context that is used here."""

    def step(self, done: int, total: int, note: str = "") -> None: ...
    def log(self, line: str) -> None: ...
    def commit(self, *, final: bool = True) -> AbstractContextManager[None]: ...


def feature_file_wanted(*, video: Video, wish: Wish) -> FeatureFile:
    """The row, with the name it will keep, and its job. Raises QuotaExceeded."""
    row = FeatureFile.objects.create(
        owner=video.owner, video=video, name=_free_name(video), detector=wish.detector, sample_rate=wish.sample_rate,
        subject=wish.subject,
    )  # fmt: skip
    row.job = job_create(
        kind=EXTRACT,
        title=_("Find the movement in %(video)s") % {"video": video.title},
        owner=video.owner,
        parameters={"features": str(row.pk)},
    )
    row.save(update_fields=["job"])
    return row


def _free_name(video: Video) -> str:
    """<video>_features.parquet, with a number where the owner has one of that name."""
    stem = slugify(Path(video.name).stem)[:80] or "video"
    stem = re.sub(rf"{_ENDING}$", "", stem)
    taken = set(FeatureFile.objects.filter(owner=video.owner, name__startswith=stem).values_list("name", flat=True))
    names = (f"{stem}{'' if n == 1 else f'-{n}'}{_ENDING}.parquet" for n in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)


def feature_file_make(*, row: FeatureFile, context: Step) -> None:
    """Extract, then say so in the row, inside the job's final commit. Files are whole or absent.

    Raises what the library raises: UnreadableInput, PartMissing, Cancelled, …
    """
    from mlops.ml.vision.video.extract import extract_features
    from mlops.ml.vision.video.options import ExtractOptions

    root, target = Path(settings.MEDIA_ROOT), Path(settings.MEDIA_ROOT) / row.file
    folder = part_folder(row)  # of every attempt: one that broke off is gone on with
    folder.mkdir(parents=True, exist_ok=True)
    part, labels = folder / row.name, folder / "labels.csv"
    rows = labels_by_frame(row.video)
    if rows:
        labels.write_text(frame_labels_csv(rows), "utf-8")

    def tell(progress: Any) -> None:
        context.step(progress.done, progress.total, _("Finding the movement"))

    options = ExtractOptions(
        detector=row.detector, sample_rate=row.sample_rate, objects=settings.VIDEO_OBJECT_DETECTOR,
        subject=row.subject or 0,
    )  # fmt: skip
    found = extract_features(
        root / row.video.file, part, options,
        labels=labels if rows else None, video_id=str(row.video_id), on_progress=tell,
    )  # fmt: skip
    with context.commit():
        if FeatureFile.objects.filter(pk=row.pk).update(
            facts=found, n_frames=found["n_rows"], version=str(found["version"])[:32],
            n_bytes=part.stat().st_size, made_at=timezone.now(),
        ):  # fmt: skip
            os.replace(part, target)
    shutil.rmtree(folder, ignore_errors=True)


def part_folder(row: FeatureFile) -> Path:
    """Where its extraction keeps what it has found so far."""
    return (Path(settings.MEDIA_ROOT) / row.file).with_name(f".{row.pk}.part")


def feature_file_delete(*, row: FeatureFile) -> None:
    """Remove it for good: it can be made again."""
    path = Path(settings.MEDIA_ROOT) / row.file
    row.delete()
    path.unlink(missing_ok=True)


def features_files(row: FeatureFile) -> Iterable[tuple[str, Path]]:
    """(name in an export, path on disk)."""
    if row.made_at is not None:
        yield f"features/{row.name}", Path(settings.MEDIA_ROOT) / row.file


def features_names(rows: QuerySet[FeatureFile]) -> Iterator[str]:
    """Below MEDIA_ROOT, the files that these rows name."""
    for row in rows.filter(made_at__isnull=False).iterator():
        yield row.file


def features_kept(user: Any) -> QuerySet[FeatureFile]:
    """A person's feature files, each with the bytes it takes as `kept`."""
    return FeatureFile.objects.filter(owner=user).annotate(kept=F("n_bytes"))

