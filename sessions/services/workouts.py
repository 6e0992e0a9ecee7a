"""Making, changing and deleting workouts."""

import shutil
import uuid
from datetime import datetime
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from sessions.models import LiveStream, Recording, StreamState, WorkoutSession
from sessions.services.recordings import recording_folder


def workout_create(
    *,
    athlete,
    title: str,
    started_at: datetime | None = None,
    sport: str = "strength",
    time_zone: str = "UTC",
    notes: str = "",
    is_demo: bool = False,
    pk: uuid.UUID | None = None,
) -> WorkoutSession:
    """A workout of `athlete`; `started_at` is UTC and defaults to now."""
    return WorkoutSession.objects.create(
        pk=pk or uuid.uuid4(),
        athlete=athlete,
        title=title.strip()[:120] or "Workout",
        started_at=started_at or timezone.now(),
        sport=sport,
        time_zone=time_zone,
        notes=notes,
        is_demo=is_demo,
    )


def workout_delete(*, workout: WorkoutSession) -> None:
    """Delete a workout with its recordings, live streams and their files. A workout that is live stays."""
    if LiveStream.objects.filter(session=workout, state=StreamState.OPEN).exists():
        raise ValidationError("This workout is live. Finish the live session first.", code="live")
    folders: list[Path] = [
        recording_folder(pk) for pk in Recording.objects.filter(session=workout).values_list("pk", flat=True)
    ]
    with transaction.atomic():
        workout.delete()
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
