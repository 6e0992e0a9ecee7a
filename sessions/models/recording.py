"""Samples of one layout on one time axis."""

import uuid

from django.db import models
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Athlete, CoachScope, LearningScope
from sessions.models.layout import SensorLayout
from sessions.models.workout import WorkoutSession
from web.models.binned import Binned, kept


class RecordingSource(models.TextChoices):
    IMPORT = "import", _("Imported file")
    LIVE = "live", _("Recorded live")
    GENERATED = "generated", _("Generated")


class RecordingQuerySet(QuerySet["Recording"]):
    def visible_to(self, user) -> "RecordingQuerySet":
        """One's own, and as coach those of athletes who consent to share training."""
        return self.filter(session__athlete__in=Athlete.objects.visible_to(user, CoachScope.TRAINING))

    def editable_by(self, user) -> "RecordingQuerySet":
        return self.filter(session__athlete__user=user) if user.is_authenticated else self.none()

    def learnable(self) -> "RecordingQuerySet":
        """Recordings of athletes who let sensor data teach models; ML staff see these as samples only."""
        return self.filter(session__athlete__in=Athlete.objects.learnable(LearningScope.SENSOR))


class Recording(Binned):
    """Immutable Parquet (column t in seconds from started_at, one float32 column per channel); original kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(WorkoutSession, on_delete=models.CASCADE, related_name="recordings")
    layout = models.ForeignKey(SensorLayout, on_delete=models.RESTRICT, related_name="recordings")
    source = models.CharField(max_length=10, choices=RecordingSource.choices)
    file = models.CharField(max_length=255)
    """Parquet below MEDIA_ROOT: recordings/<id>/samples.parquet."""
    originals = models.JSONField(default=list)
    """[{"file": below MEDIA_ROOT, "name": as uploaded, "sha256": …, "size": bytes, "unit": …}], kept for ever."""
    fingerprint = models.CharField(max_length=64, blank=True, db_index=True)
    """SHA-256 over the originals; the same file is refused twice for one athlete."""
    signal = models.JSONField(null=True, blank=True, editable=False)
    """Sensor → fingerprint of its course (mlops.ml.sensors.fingerprint); null until it is looked at."""
    copy_group = models.UUIDField(null=True, blank=True, editable=False, db_index=True)
    """Id of the first recording that held this signal; it stays when that one is deleted."""
    n_bytes = models.PositiveBigIntegerField(default=0, editable=False)
    """Of its folder: samples and originals."""
    n_samples = models.PositiveBigIntegerField(default=0)
    duration_s = models.FloatField(default=0)
    rate_hz = models.FloatField(default=0)
    """Measured, from the time stamps."""
    issues = models.JSONField(default=list)
    """[{"row": 12, "message": …}], the first 100 lines that could not be read."""
    sets = models.JSONField(default=list, blank=True)
    """Counted while it was live: [{"exercise", "start_s", "end_s", "count", "times"}] in seconds from the start."""
    started_at = models.DateTimeField()
    reviewed_at = models.DateTimeField(null=True, blank=True)
    """Somebody looked at the whole recording: unlabelled time then means "none of these"."""
    created_at = models.DateTimeField(auto_now_add=True)
    is_demo = models.BooleanField(default=False, editable=False)

    objects = kept(RecordingQuerySet)
    all_with_deleted = RecordingQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at", "-pk"]
        indexes = [models.Index(fields=["duration_s"], name="recording_duration")]
