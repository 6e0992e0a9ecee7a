"""Making, changing and deleting workouts."""

import uuid
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from sessions.models import LiveStream, Recording, StreamState, WorkoutSession


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
        title=title.strip()[:120] or _("Workout"),
        started_at=started_at or timezone.now(),
        sport=sport,
        time_zone=time_zone,
        notes=notes,
        is_demo=is_demo,
    )


def workout_delete(*, workout: WorkoutSession) -> None:
    """Put a workout with its recordings into the bin. A workout that is live stays."""
    if LiveStream.objects.filter(session=workout, state=StreamState.OPEN).exists():
        raise ValidationError(_("This workout is live. Finish the live session first."), code="live")
    now = timezone.now()
    with transaction.atomic():
        rows = WorkoutSession.objects.select_for_update().filter(pk=workout.pk)
        if not rows.exists():
            return
        Recording.objects.filter(session=workout).update(deleted_at=now)
        WorkoutSession.objects.filter(pk=workout.pk).update(deleted_at=now)
