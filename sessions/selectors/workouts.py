"""Reading workouts."""

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.shortcuts import get_object_or_404

from sessions.models import WorkoutSession

NOT_BINNED = Q(recordings__deleted_at__isnull=True)
"""In counts and sums over the recordings of a workout: a join knows no manager."""


def workout_list(*, user) -> QuerySet[WorkoutSession]:
    """One's own workouts, newest first, with n_recordings and recorded_s."""
    return (
        WorkoutSession.objects.editable_by(user)
        .annotate(n_recordings=Count("recordings", filter=NOT_BINNED),
            recorded_s=Coalesce(Sum("recordings__duration_s", filter=NOT_BINNED), 0.0),
        )
        .order_by("-started_at", "-pk")
    )


def workout_get_for(*, user, pk) -> WorkoutSession:
    """One's own, or as coach a consenting athlete's; 404 for missing and forbidden alike."""
    return get_object_or_404(WorkoutSession.objects.visible_to(user).select_related("athlete__user"), pk=pk)


def workout_editable_for(*, user, pk) -> WorkoutSession:
    """One's own workout; 404 for everything else."""
    return get_object_or_404(WorkoutSession.objects.editable_by(user).select_related("athlete__user"), pk=pk)
