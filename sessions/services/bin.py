"""Workouts and recordings in the bin: taken back, or removed for good."""

import shutil
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import ConsentKind, LearningScope
from sessions.models import Recording, WorkoutSession
from sessions.services.recordings import recording_folder
from web.refusals import Problem
from web.registries.bin import BinKind
from web.services.bin import bin_empty, expired


def recordings_binned(user: Any) -> QuerySet[Recording]:
    """Recordings that somebody deleted; those of a deleted workout go with it."""
    rows: QuerySet[Recording] = Recording.all_with_deleted.editable_by(user).select_related("session")
    return rows.filter(deleted_at__isnull=False, session__deleted_at__isnull=True)


def workouts_binned(user: Any) -> QuerySet[WorkoutSession]:
    """Workouts that somebody deleted."""
    rows: QuerySet[WorkoutSession] = WorkoutSession.all_with_deleted.editable_by(user)
    return rows.filter(deleted_at__isnull=False)


def recording_restore(recording: Recording) -> None:
    """Take a deletion back. Raises Problem 409 where its workout is deleted, or its file was imported again."""
    with transaction.atomic():
        workout = WorkoutSession.all_with_deleted.select_for_update().get(pk=recording.session_id)
        if workout.deleted_at is not None:
            raise Problem(409, "workout_deleted", _("The workout was deleted too. Restore it first."))
        twins = Recording.objects.filter(session__athlete=workout.athlete_id, fingerprint=recording.fingerprint)
        if recording.fingerprint and twins.exists():
            text = _("The same file was imported again. Delete that recording first.")
            raise Problem(409, "imported_again", text)
        Recording.all_with_deleted.filter(pk=recording.pk).update(deleted_at=None)


def workout_restore(workout: WorkoutSession) -> None:
    """Take a deletion back, with the recordings that went with it; one whose file was imported again stays deleted."""
    with transaction.atomic():
        row = WorkoutSession.all_with_deleted.select_for_update().get(pk=workout.pk)
        if row.deleted_at is None:
            return
        went = Recording.all_with_deleted.filter(session=row, deleted_at=row.deleted_at)
        again = Recording.objects.filter(session__athlete=row.athlete_id).exclude(fingerprint="").values("fingerprint")
        WorkoutSession.all_with_deleted.filter(pk=row.pk).update(deleted_at=None)
        went.exclude(fingerprint__in=list(again.values_list("fingerprint", flat=True))).update(deleted_at=None)


def recording_purge(recording: Recording) -> None:
    """Remove it with its labels and files, if it is still in the bin."""
    with transaction.atomic():
        rows = Recording.all_with_deleted.select_for_update().filter(pk=recording.pk, deleted_at__isnull=False)
        row = rows.first()
        if row is None:
            return
        row.delete()
    shutil.rmtree(recording_folder(recording.pk), ignore_errors=True)


def workout_purge(workout: WorkoutSession) -> None:
    """Remove it with its recordings, live streams and their files, if it is still in the bin."""
    with transaction.atomic():
        row = WorkoutSession.all_with_deleted.select_for_update().filter(
            pk=workout.pk, deleted_at__isnull=False
        ).first()  # fmt: skip
        if row is None:
            return
        folders = [
            recording_folder(pk)
            for pk in Recording.all_with_deleted.filter(session=row).values_list("pk", flat=True)
        ]
        row.delete()
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def bin_expire() -> None:
    """A chore: what lay in the bin for thirty days goes for good."""
    for workout in expired(WorkoutSession.all_with_deleted.all()):
        workout_purge(workout)
    for recording in expired(Recording.all_with_deleted.all()):
        recording_purge(recording)


def bin_withdrawn(user: Any, kind: str, scope: str) -> None:
    """Who takes the learning consent for sensor data back has deleted recordings removed at once."""
    if kind == ConsentKind.LEARNING and scope == LearningScope.SENSOR:
        bin_empty(user=user, names=(WORKOUTS.name, RECORDINGS.name))


WORKOUTS = BinKind(
    "workout", gettext_lazy("Workout"), workouts_binned, lambda row: str(row.title), workout_restore, workout_purge,
    lambda row: reverse("workouts:workout", args=[row.pk]),
)
RECORDINGS = BinKind(
    "recording", gettext_lazy("Recording"), recordings_binned,
    lambda row: f"{row.session.title}, {date_format(row.started_at, 'j F, H:i')}", recording_restore, recording_purge,
    lambda row: reverse("workouts:recording", args=[row.pk]),
)
