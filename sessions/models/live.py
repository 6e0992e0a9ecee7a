"""Live streams: recordings in the making."""

import uuid

from django.db import models
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sessions.models.layout import SensorLayout
from sessions.models.recording import Recording
from sessions.models.workout import WorkoutSession


class StreamState(models.TextChoices):
    OPEN = "open", _("Live")
    FINISHED = "finished", _("Finished")
    STORED = "stored", _("Saved as a recording")


class StreamSource(models.TextChoices):
    SENSOR = "sensor", _("Sensor or other program")
    FILE = "file", _("Replayed file")
    RECORDING = "recording", _("Replayed recording")
    SAMPLE = "sample", _("Generated sample")


class LiveStreamQuerySet(QuerySet["LiveStream"]):
    def visible_to(self, user) -> "LiveStreamQuerySet":
        return self.filter(session__in=WorkoutSession.objects.visible_to(user))

    def editable_by(self, user) -> "LiveStreamQuerySet":
        """Streams into one's own workouts."""
        return self.filter(session__in=WorkoutSession.objects.editable_by(user))


class LiveStream(models.Model):
    """One source of samples in one workout. Acknowledged chunks are stored; a job turns them into a Recording."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(WorkoutSession, on_delete=models.CASCADE, related_name="streams")
    layout = models.ForeignKey(SensorLayout, on_delete=models.RESTRICT, related_name="+")
    task_name = models.CharField(max_length=64, blank=True)
    """The Task whose champion answers; empty where no Task knows the layout (then it is only recorded)."""
    source = models.CharField(max_length=10, choices=StreamSource.choices, default=StreamSource.SENSOR)
    replay_of = models.ForeignKey(Recording, null=True, blank=True, on_delete=models.SET_NULL, related_name="replays")
    """A stored recording that is only played again: it is not stored twice, corrections become its Spans."""
    rate_hz = models.FloatField(default=0)
    """Samples a second that the sender declared; twice as many are refused."""
    state = models.CharField(max_length=8, choices=StreamState.choices, default=StreamState.OPEN)
    continues = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="continued_by"
    )
    """The stream that was closed while its sender was away; this one goes on after its last number."""
    started_at = models.DateTimeField(default=timezone.now)
    """When `first_t` was: in the past for a stream that began without a connection."""
    first_t = models.FloatField(null=True)
    last_t = models.FloatField(null=True)
    last_seq = models.PositiveBigIntegerField(null=True)
    """Times on the sender's clock and the last stored number, kept at the close for a stream that continues it."""
    seen_at = models.DateTimeField(auto_now_add=True, db_index=True)
    finished_at = models.DateTimeField(null=True)
    corrections = models.JSONField(default=list)
    """"Wrong?" presses: [{"start_s", "end_s", "label", "answered", "by"}] in the sender's seconds; later Spans."""
    takes = models.JSONField(default=list)
    """Guided recording: [{"start_s", "end_s", "label", "by"}] in the sender's seconds; later confirmed Spans."""
    sets = models.JSONField(default=list)
    """What was done: [{"exercise", "start_s", "last_s", "end_s" (null while it goes on), "count", "times"}] in the
    sender's seconds; the recording keeps them in its own."""
    begin_s = models.FloatField(null=True)
    """The sender's second at which the stored recording begins; takes that arrive late are placed by it."""
    recording = models.OneToOneField(Recording, null=True, on_delete=models.SET_NULL, related_name="stream")
    is_demo = models.BooleanField(default=False, editable=False)

    objects = LiveStreamQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at", "-pk"]


class StreamChunk(models.Model):
    """Samples of one frame: float32, row-major (n_samples, channels), with float64 seconds in front."""

    stream = models.ForeignKey(LiveStream, on_delete=models.CASCADE, related_name="chunks", db_index=False)
    """Found through the constraint on (stream, seq): a second index would double what every frame costs."""
    seq = models.PositiveBigIntegerField()
    n_samples = models.PositiveIntegerField()
    payload = models.BinaryField()

    class Meta:
        ordering = ["stream", "seq"]
        constraints = [models.UniqueConstraint(fields=["stream", "seq"], name="one_chunk_per_seq")]
