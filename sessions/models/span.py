"""Labels on time: a start, an end and a word."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from sessions.models.recording import Recording


class SpanState(models.TextChoices):
    PROPOSED = "proposed", _("Proposed")
    CONFIRMED = "confirmed", _("Confirmed")
    REJECTED = "rejected", _("Rejected")
    REVIEWED_EMPTY = "reviewed_empty", _("No exercise")


class SpanOrigin(models.TextChoices):
    PERSON = "person", _("Manual")
    IMPORT = "import", _("Imported")
    FEEDBACK = "feedback", _("Live correction")
    MODEL = "model", _("Model")
    GENERATED = "generated", _("Simulator")


class SpanQuerySet(QuerySet["Span"]):
    def visible_to(self, user) -> "SpanQuerySet":
        return self.filter(recording__in=Recording.objects.visible_to(user))

    def editable_by(self, user) -> "SpanQuerySet":
        """The athlete's own recording, or a coach's view of it: a coach may correct labels."""
        return self.visible_to(user)

    def teachable(self) -> "SpanQuerySet":
        """What a dataset may learn from: a person, an import or the generator stands behind it."""
        return self.filter(state=SpanState.CONFIRMED)


class TimeSpan(models.Model):
    """[start_s, end_s) in seconds from the start of what it lies on, and what happens there."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    start_s = models.FloatField()
    end_s = models.FloatField()
    label = models.CharField(max_length=64)
    state = models.CharField(max_length=14, choices=SpanState.choices, default=SpanState.CONFIRMED)
    origin = models.CharField(max_length=10, choices=SpanOrigin.choices, default=SpanOrigin.PERSON)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    answered = models.JSONField(null=True, blank=True)
    """For feedback: {"label", "confidence", "model_version"} that was shown for exactly this window.
    For a label seen in a video: {"video": its id, "offset_s", "drift_ppm"}."""
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True
        ordering = ["start_s", "pk"]


class Span(TimeSpan):
    """A label of a recording."""

    recording = models.ForeignKey(Recording, on_delete=models.CASCADE, related_name="spans")

    objects = SpanQuerySet.as_manager()

    class Meta(TimeSpan.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(end_s__gt=F("start_s")) & Q(start_s__gte=0), name="span_has_length")
        ]
