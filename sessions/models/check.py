"""What was wrong with the sensor of a live stream."""

from django.db import models
from django.db.models import QuerySet

from accounts.models import Athlete, LearningScope
from sessions.models.live import LiveStream
from sessions.models.workout import WorkoutSession


class SensorCheckQuerySet(QuerySet["SensorCheck"]):
    def visible_to(self, user) -> "SensorCheckQuerySet":
        """One's own, a coach's view of them, and for ML staff those of athletes who let sensor data teach models."""
        if user.is_authenticated and user.is_ml_staff:
            return self.filter(
                stream__session__athlete__in=Athlete.objects.learnable(LearningScope.SENSOR),
                stream__session__deleted_at__isnull=True,
            )
        return self.filter(stream__session__in=WorkoutSession.objects.visible_to(user))


class SensorCheck(models.Model):
    """One finding about one channel of one stream, against physics or the athlete's own baseline."""

    stream = models.ForeignKey(LiveStream, on_delete=models.CASCADE, related_name="checks")
    code = models.CharField(max_length=32)
    channel = models.CharField(max_length=64, blank=True)
    severity = models.CharField(max_length=16, blank=True)
    text = models.CharField(max_length=300)
    found_at = models.DateTimeField(auto_now_add=True, db_index=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    """When the stream was seen to be right again."""

    objects = SensorCheckQuerySet.as_manager()

    class Meta:
        ordering = ["-found_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["stream", "code", "channel"], name="one_check_per_finding"),
        ]
