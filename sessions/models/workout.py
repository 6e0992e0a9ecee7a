"""One workout of one athlete."""

import uuid

from django.db import models
from django.db.models import QuerySet

from accounts.models import Athlete, CoachScope
from web.models.binned import Binned, kept


class WorkoutSessionQuerySet(QuerySet["WorkoutSession"]):
    def visible_to(self, user) -> "WorkoutSessionQuerySet":
        """One's own, and as coach those of athletes who consent to share training."""
        return self.filter(athlete__in=Athlete.objects.visible_to(user, CoachScope.TRAINING))

    def editable_by(self, user) -> "WorkoutSessionQuerySet":
        return self.filter(athlete__user=user) if user.is_authenticated else self.none()


class WorkoutSession(Binned):
    """Owns Recordings (and later sets and Videos). Times are UTC; time_zone says where it happened."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    athlete = models.ForeignKey(Athlete, on_delete=models.CASCADE, related_name="workouts")
    title = models.CharField(max_length=120)
    sport = models.CharField(max_length=40, default="strength")
    started_at = models.DateTimeField()
    time_zone = models.CharField(max_length=64, default="UTC")
    notes = models.TextField(blank=True, max_length=5000)
    created_at = models.DateTimeField(auto_now_add=True)
    is_demo = models.BooleanField(default=False, editable=False)

    objects = kept(WorkoutSessionQuerySet)
    all_with_deleted = WorkoutSessionQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at", "-pk"]

    def __str__(self) -> str:
        return self.title
