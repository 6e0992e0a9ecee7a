"""Form reports: asked for at once, made by a job."""

import json
import shutil
import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Athlete
from mlops.jobs.services.jobs import job_create
from sessions.form.selectors.landmarks import FRAME_BYTES, landmarks_read, report_landmarks
from sessions.form.selectors.reports import ANNOTATED_FILE, LANDMARKS_FILE, SERIES_FILE, report_path
from sessions.form.services.learnt import learnt_add
from sessions.models import FeatureFile, FormOrigin, FormReport, Video, WorkoutSession
from sessions.models.video import MakingState
from sessions.video.services.extraction import Wish, feature_file_wanted
from web.refusals import Problem

REPORT = "form.report"
MAX_FRAMES = 40_000
"""Of one set before the mirror: about twenty minutes at thirty frames a second."""
SERIES = ("times_s", "angles")
"""What goes into the file beside the row: it is as long as the clip."""


def report_wanted(*, features: FeatureFile, by: Any, exercise: str = "") -> FormReport:
    """The report of a feature file, and its job; an earlier one of the same file is replaced when it is ready.

    exercise  key of the table, or empty: it is recognised. Raises Problem 409 `no_body`; 422 `unknown_exercise`;
    QuotaExceeded.
    """
    from mlops.ml.biomechanics.form.table import exercises

    if features.detector == "yolo":
        raise Problem(409, "no_body", _("These features hold no body. Find your movement with body landmarks first."))
    if exercise and exercise not in exercises():
        raise Problem(422, "unknown_exercise", _("Choose an exercise from the list."))
    video = features.video
    with transaction.atomic():
        row = FormReport.objects.create(
            owner=video.owner, athlete=video.athlete, video=video, features=features, session=video.session,
            asked=exercise, filmed_at=video.filmed_at or video.created_at, is_demo=video.is_demo,
        )  # fmt: skip
        _job(row, by)
    return row


def report_of_set(
    *, athlete: Athlete, data: bytes, aspect: float, exercise: str, started_at: datetime, client_id: uuid.UUID,
    workout_id: uuid.UUID,
) -> FormReport:  # fmt: skip
    """A set that the mirror saw: stores its landmarks and a report, once for each `client_id`.

    data        frames as `landmarks_read` takes them
    workout_id  made by the client for all sets of one visit: the first of them makes the workout
    Raises Problem 422 for data that are none, 409 `taken` for a workout of somebody else; QuotaExceeded.
    """
    from mlops.ml.biomechanics.form.table import exercises

    twins = FormReport.all_with_deleted.filter(owner=athlete.user, client_id=client_id)
    twin = twins.select_related("job", "session").first()
    if twin is not None:
        return twin
    if exercise not in exercises():
        raise Problem(422, "unknown_exercise", _("Choose an exercise from the list."))
    if not 0.2 <= aspect <= 5.0:
        raise Problem(422, "bad_aspect", _("The picture's width divided by its height must be between 0.2 and 5."))
    if len(data) > MAX_FRAMES * FRAME_BYTES:
        raise Problem(413, "too_long", _("A set can have at most 40,000 frames."))
    landmarks_read(data)
    with transaction.atomic():
        session = _workout(athlete, workout_id, exercises()[exercise].title, started_at)
        row = FormReport.objects.create(
            owner=athlete.user, athlete=athlete, session=session, origin=FormOrigin.MIRROR, asked=exercise,
            filmed_at=started_at, client_id=client_id, facts={"aspect": round(aspect, 4)}, n_bytes=len(data),
        )  # fmt: skip
        path = report_path(row, LANDMARKS_FILE)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        _job(row, athlete.user)
    return row


def _workout(athlete: Athlete, pk: uuid.UUID, exercise: str, started_at: datetime) -> WorkoutSession:
    found = WorkoutSession.all_with_deleted.filter(pk=pk).first()
    if found is None:
        title = _("Mirror: %(exercise)s") % {"exercise": _(exercise)}
        return WorkoutSession.objects.create(pk=pk, athlete=athlete, title=title, started_at=started_at)
    if found.athlete_id != athlete.pk or found.deleted_at is not None:
        raise Problem(409, "taken", _("This workout was deleted or belongs to somebody else."))
    return found


def _job(row: FormReport, owner: Any) -> None:
    row.job = job_create(
        kind=REPORT, title=_("Form report"), owner=owner, parameters={"report": str(row.pk)}, is_demo=row.is_demo
    )
    row.save(update_fields=["job"])


def report_make(*, row: FormReport, context: Any) -> None:
    """Analyse, write what is known frame by frame beside the row, and say so in the row, in the job's final commit."""
    from mlops.ml.biomechanics.form.analyse import analyse

    context.step(0, 2, _("Reading the landmarks"))
    t, points, aspect = report_landmarks(row)
    context.step(1, 2, _("Looking at each repetition"))
    height = row.athlete.height_m if row.athlete is not None else None
    found = analyse(points, t, aspect, exercise=row.asked or None, height_m=height).to_dict()
    learnt_add(found, t=t, points=points, aspect=aspect)
    path = report_path(row, SERIES_FILE)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({name: found.pop(name) for name in SERIES})
    path.write_text(text, "utf-8")
    with context.commit():
        FormReport.all_with_deleted.filter(pk=row.pk).update(
            facts={**found, "aspect": round(aspect, 4), "duration_s": round(float(t[-1] - t[0]), 3)},
            exercise=found["exercise"]["key"], n_repetitions=found["n_repetitions"], score=found["score"],
            is_judged=found["score"] is not None, version=str(found["version"])[:32], n_bytes=F("n_bytes") + len(text),
            made_at=timezone.now(),
        )  # fmt: skip
        if row.video_id is not None:  # one report of a feature file counts: the newest that is ready
            older = FormReport.objects.filter(video=row.video, features=row.features, created_at__lt=row.created_at)
            for one in older.filter(corrections=None, shares=None):
                one.delete()


def subject_choose(*, row: FormReport, subject: int, by: Any) -> FeatureFile:
    """Find the movement again, of that person of the clip; the report follows when it is found.

    subject  number in the facts of the report's features. Raises Problem 422 `nobody`; QuotaExceeded.
    """
    features = row.features
    if features is None or row.video is None or not 0 <= subject < len(features.facts.get("people", [])):
        raise Problem(422, "nobody", _("Choose one of the people in the video."))
    wish = Wish(features.detector, features.sample_rate, subject)
    found = row.video.features.filter(
        detector=wish.detector, sample_rate=wish.sample_rate, subject=subject
    ).order_by("-created_at").first()  # fmt: skip
    if found is None or found.state == MakingState.FAILED:
        return feature_file_wanted(video=row.video, wish=wish)
    if found.made_at is not None:
        report_wanted(features=found, by=by, exercise=row.asked)
    return found


def report_after_features(sender: Any, row: FeatureFile, **kwargs: Any) -> None:
    """A receiver: an athlete's clip with a body in it gets its report without being asked."""
    video = Video.objects.select_related("owner", "athlete").filter(pk=row.video_id).first()
    if video is None or video.athlete_id is None or row.detector == "yolo":
        return
    row.video = video
    report_wanted(features=row, by=video.owner)


def report_delete(*, row: FormReport) -> None:
    """Put it into the bin; its corrections, links and files stay until it is restored or goes for good."""
    FormReport.objects.filter(pk=row.pk).update(deleted_at=timezone.now())


def report_files_remove(sender: Any, instance: FormReport, **kwargs: Any) -> None:
    """A receiver: however a row goes, by itself or with its video, its files go once that is certain."""
    folder = Path(settings.MEDIA_ROOT) / instance.folder
    transaction.on_commit(lambda: shutil.rmtree(folder, ignore_errors=True))


def reports_of_mirror_remove(sender: Any, instance: WorkoutSession, **kwargs: Any) -> None:
    """A receiver: what the mirror saw goes with its workout."""
    FormReport.all_with_deleted.filter(session=instance, origin=FormOrigin.MIRROR).delete()


def report_files(row: FormReport) -> Iterable[tuple[str, Path]]:
    """(name in an export, path on disk)."""
    folder = Path(settings.MEDIA_ROOT) / row.folder
    for path in sorted(folder.glob("*")):
        yield f"form/{row.pk}/{path.name}", path


def report_names(rows: QuerySet[FormReport]) -> Iterator[str]:
    """Below MEDIA_ROOT, the files that these rows name."""
    for row in rows.iterator():
        if row.made_at is not None:
            yield row.file(SERIES_FILE)
        if "annotated" not in row.get_deferred_fields() and row.annotated:  # a database of an older version has none
            yield row.file(ANNOTATED_FILE)
        if row.origin == FormOrigin.MIRROR:
            yield row.file(LANDMARKS_FILE)


def reports_kept(user: Any) -> QuerySet[FormReport]:
    """A person's reports, each with the bytes it takes as `kept`."""
    return FormReport.objects.filter(owner=user).annotate(kept=F("n_bytes"))


def reports_in_bin(user: Any) -> QuerySet[FormReport]:
    """The same of those in the bin."""
    return FormReport.all_with_deleted.filter(owner=user, deleted_at__isnull=False).annotate(kept=F("n_bytes"))
