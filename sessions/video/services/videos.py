"""Bringing in, describing and deleting videos."""

import hashlib
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.services.athletes import athlete_for
from mlops.jobs.services.jobs import job_create
from mlops.models import Job
from sessions.models import FeatureFile, Video, WorkoutSession
from sessions.video.services.extraction import EXTRACT, Wish, feature_file_wanted
from sessions.video.services.frame_labels import Rows, frame_labels_keep
from web.models import Upload
from web.refusals import Problem
from web.services.filenames import filename_clean
from web.services.sniff import VIDEO, FileKind, require_kind
from web.services.space import account_require
from web.services.uploads import upload_open_path, upload_take

PROBE = "video.probe"
ALLOWED = VIDEO | {FileKind.GIF}
_PIECE = 1024 * 1024


@dataclass(frozen=True)
class About:
    """What a person says about a clip. rights: needed of a clip that shows no athlete of this site."""

    title: str = ""
    workout: WorkoutSession | None = None
    rights: str = ""


@dataclass(frozen=True)
class Added:
    """A clip that is in, the job that looks at it, and the features it will have, where some were asked for."""

    video: Video
    job: Job
    features: FeatureFile | None = None


def video_from_upload(*, owner: Any, upload: Upload, about: About, wish: Wish | None, labels: Rows | None) -> Added:
    """Take a complete upload. Raises Problem 415 `wrong_type`, `polyglot`; 409 `duplicate`, `not_ready`; QuotaExceeded;
    ValidationError for a clip without a person that states no rights."""
    container = require_kind(upload_open_path(upload), ALLOWED)
    return _added(
        owner=owner, container=container, name=upload.filename, size=upload.size, sha256=upload.sha256,
        place=lambda path: upload_take(upload, path), about=about, wish=wish, labels=labels,
    )  # fmt: skip


def video_from_file(*, owner: Any, file: Any, about: About, wish: Wish | None, labels: Rows | None) -> Added:
    """Take a file of a form (Django's UploadedFile). Raises as `video_from_upload`, and 507 for a full account."""
    account_require(owner, file.size)
    part = Path(settings.MEDIA_ROOT) / "vlm_uploads" / f".{uuid.uuid4().hex}.part"
    part.parent.mkdir(parents=True, exist_ok=True)
    try:
        digest = hashlib.sha256()
        with part.open("wb") as target:
            for piece in file.chunks(_PIECE):
                digest.update(piece)
                target.write(piece)
        container = require_kind(part, ALLOWED)

        def place(path: Path) -> None:
            path.parent.mkdir(parents=True, exist_ok=True)
            part.rename(path)

        return _added(
            owner=owner, container=container, name=filename_clean(file.name), size=file.size,
            sha256=digest.hexdigest(), place=place, about=about, wish=wish, labels=labels,
        )  # fmt: skip
    finally:
        part.unlink(missing_ok=True)


def _added(
    *, owner: Any, container: str, name: str, size: int, sha256: str, place: Callable[[Path], None],
    about: About, wish: Wish | None, labels: Rows | None,
) -> Added:  # fmt: skip
    """The row, its job and its file: all or none."""
    athlete = None if owner.is_ml_staff or owner.is_administrator else athlete_for(owner)
    if athlete is None and not about.rights.strip():
        raise ValidationError({"rights": _("Say who is in the video and who allowed its use.")}, code="required")
    twin = Video.objects.filter(owner=owner, sha256=sha256, problem="").first()
    if twin is not None:
        text = _("You already uploaded this video: %(title)s.") % {"title": twin.title}
        raise Problem(409, "duplicate", text, video=str(twin.pk), url=f"/videos/{twin.pk}/")
    video = Video(
        owner=owner, athlete=athlete, session=about.workout if athlete else None, rights=about.rights.strip()[:500],
        title=(about.title.strip() or Path(name).stem)[:120], name=name, sha256=sha256, n_bytes=size,
        container=container,
    )  # fmt: skip
    video.file = f"{video.folder}/video.{container}"
    folder = video_folder(video)
    try:
        with transaction.atomic():
            video.save(force_insert=True)
            if labels is not None:
                frame_labels_keep(video=video, rows=labels)
            features = feature_file_wanted(video=video, wish=wish) if wish else None
            job = features.job if features is not None else _probe_job(video)
            assert job is not None
            video.job = job
            video.save(update_fields=["job"])
            place(Path(settings.MEDIA_ROOT) / video.file)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return Added(video, job, features)


def _probe_job(video: Video) -> Job:
    title = _("Read %(video)s") % {"video": video.title}
    return job_create(kind=PROBE, title=title, owner=video.owner, parameters={"video": str(video.pk)})


def video_folder(video: Video) -> Path:
    """The private folder of a clip: the file as uploaded, its poster, the times of its frames, imported points."""
    return Path(settings.MEDIA_ROOT) / video.folder


def video_describe(*, video: Video, title: str, workout: WorkoutSession | None) -> None:
    """Change its title and the workout it was filmed in (one of the athlete's own)."""
    video.title = title.strip()[:120] or video.title
    video.session = workout
    video.save(update_fields=["title", "session"])


def video_set_reviewed(*, video: Video, reviewed: bool) -> None:
    """Say that somebody looked at the whole clip (time without a label is then none of the labels), or take it back."""
    video.reviewed_at = timezone.now() if reviewed else None
    Video.objects.filter(pk=video.pk).update(reviewed_at=video.reviewed_at)


def video_delete(*, video: Video) -> None:
    """Put it into the bin; its labels, features and files stay until it is restored or goes for good."""
    Video.objects.filter(pk=video.pk).update(deleted_at=timezone.now())


def video_refuse(*, video: Video, why: str) -> None:
    """It cannot be read: say why; the file goes, the row stays, so that a person sees what became of the upload."""
    Video.all_with_deleted.filter(pk=video.pk).update(problem=why[:300], n_bytes=0)
    shutil.rmtree(video_folder(video), ignore_errors=True)


def video_files(video: Video) -> Iterable[tuple[str, Path]]:
    """(name in an export, path on disk) of everything kept for a clip."""
    folder = video_folder(video)
    for path in sorted(folder.glob("*")):
        name = video.name if path.name == Path(video.file).name else path.name
        yield f"videos/{video.pk}/{name}", path


def video_names(rows: QuerySet[Video]) -> Iterator[str]:
    """Below MEDIA_ROOT, the files that these clips name."""
    yield from rows.filter(problem="").values_list("file", flat=True).iterator()


def videos_of(user: Any) -> Q:
    """Clips that are one person's: brought in by them, or showing them."""
    return Q(owner=user) | Q(athlete__user=user)


def videos_kept(user: Any) -> QuerySet[Video]:
    """A person's clips, each with the bytes it takes as `kept`."""
    return Video.objects.filter(owner=user).annotate(kept=F("n_bytes"))


def videos_in_bin(user: Any) -> QuerySet[Video]:
    """The same of those in the bin."""
    return Video.all_with_deleted.filter(owner=user, deleted_at__isnull=False).annotate(kept=F("n_bytes"))


__all__ = ["EXTRACT", "About", "Added", "Wish", "video_from_file", "video_from_upload"]
