"""What people said about answers, and what was noticed about served models."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Athlete, LearningScope
from mlops.jobs.models import Job
from mlops.registry.models import ModelVersion
from mlops.serving.models import AnswerOrigin, LearnableQuerySet, Prediction
from mlops.tasks.models import EngineQuerySet, Task
from web.said import Said, respoken


class Feedback(models.Model):
    """What a person says an answer should have been, bound to the version that gave it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="feedback")
    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="feedback")
    prediction = models.ForeignKey(
        Prediction, null=True, blank=True, on_delete=models.SET_NULL, related_name="feedback"
    )
    athlete = models.ForeignKey(Athlete, on_delete=models.CASCADE, related_name="+")
    scope = models.CharField(max_length=12, choices=LearningScope.choices, default=LearningScope.SENSOR)
    origin = models.CharField(max_length=6, choices=AnswerOrigin.choices)
    source = models.UUIDField(null=True)
    start_s = models.FloatField(default=0)
    end_s = models.FloatField(default=0)
    place = models.CharField(max_length=80, blank=True)
    answered = models.CharField(max_length=64, blank=True)
    number = models.FloatField(null=True)
    """The number that was answered, by kinds that answer such."""
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    confidence = models.FloatField(null=True, default=0)
    label = models.CharField(max_length=64, blank=True)
    """What it should have been; empty for "none of these"."""
    truth = models.JSONField(null=True)
    """The same for kinds without labels, as their `check_correction` gives it."""
    agreement = models.FloatField(default=0)
    """0 to 1, as the kind sees it: how far the answer was right."""
    is_audit = models.BooleanField(default=False)
    """The example was drawn at random, so that it counts towards the live accuracy."""
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(db_index=True)

    objects = LearnableQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "pk"]
        indexes = [models.Index(fields=["version", "at"], name="feedback_version_at")]

    @property
    def is_right(self) -> bool:
        """The person agreed with the answer."""
        return self.agreement >= 0.5


class DriftVerdict(models.TextChoices):
    CALM = "calm", _("No drift")
    DRIFT = "drift", _("Drift detected")
    TOO_FEW = "too_few", _("Not enough data")
    NO_REFERENCE = "no_reference", _("No reference data")


class DriftReport(models.Model):
    """What was served in a period against the training data: distributions over groups, nobody in particular."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="drift_reports")
    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="drift_reports")
    job = models.OneToOneField(Job, null=True, on_delete=models.SET_NULL, related_name="drift_report")
    period_from = models.DateTimeField()
    period_to = models.DateTimeField()
    n_athletes = models.PositiveIntegerField(default=0)
    n_examples = models.PositiveIntegerField(default=0)
    verdict = models.CharField(max_length=12, choices=DriftVerdict.choices)
    facts = models.JSONField(default=dict)
    """What mlops.ml.drift.compare found, feature by feature, worst first, and what could not be compared."""
    created_at = models.DateTimeField(auto_now_add=True)

    objects = EngineQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]


class AlertKind(models.TextChoices):
    DRIFT = "drift", _("Input drift")
    ACCURACY = "accuracy", _("Lower live accuracy")


class Alert(models.Model):
    """Something about a served model that a person should look at. One open row per task and kind."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="alerts")
    version = models.ForeignKey(ModelVersion, null=True, on_delete=models.SET_NULL, related_name="+")
    kind = models.CharField(max_length=10, choices=AlertKind.choices)
    text = models.CharField(max_length=300)
    """In the site's language, for programs and mail."""
    facts = models.JSONField(null=True)
    """The same as a `web.said.Said`, to be said in the reader's language; None for alerts of older sites."""
    opened_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField(auto_now_add=True)
    """When it was last found to be so."""
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    """When it was found to be so no longer."""

    objects = EngineQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["task", "kind"], condition=Q(closed_at__isnull=True), name="one_open_alert_per_task_and_kind"
            )
        ]

    @property
    def said(self) -> str:
        """What it says, to whoever reads it now."""
        return str(Said.from_json(self.facts)) if self.facts else respoken(self.text)
