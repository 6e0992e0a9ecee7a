"""What served models answered, what people said about it, and what was noticed."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet

from accounts.models import Athlete, LearningScope
from mlops.models.job import Job
from mlops.models.registry import AliasName, ModelVersion
from mlops.models.task import EngineQuerySet, Task


class LearnableQuerySet(QuerySet):
    """Rows about athletes that ML staff see only while the athlete lets such data teach models."""

    def learnable(self):
        """Rows whose athlete consents to learning in the row's own scope."""
        wanted = Q(pk__in=[])
        for scope in LearningScope.values:
            wanted |= Q(scope=scope, athlete__in=Athlete.objects.learnable(scope))
        return self.filter(wanted)

    def visible_to(self, user):
        """ML staff and administrators, by pseudonym; nobody else."""
        allowed = user.is_authenticated and (user.is_ml_staff or user.is_administrator)
        return self.learnable() if allowed else self.none()


class AnswerOrigin(models.TextChoices):
    LIVE = "live", "Live stream"
    API = "api", "API"
    REVIEW = "review", "Review queue"


class Prediction(models.Model):
    """One answer of a served version: a sample of all answers, kept for a time, with learning consent only."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="predictions")
    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="predictions")
    athlete = models.ForeignKey(Athlete, on_delete=models.CASCADE, related_name="+")
    scope = models.CharField(max_length=12, choices=LearningScope.choices, default=LearningScope.SENSOR)
    arm = models.CharField(max_length=10, choices=AliasName.choices, default=AliasName.CHAMPION)
    origin = models.CharField(max_length=6, choices=AnswerOrigin.choices)
    source = models.UUIDField(null=True)
    """The stream or recording that the window was cut from."""
    start_s = models.FloatField(default=0)
    end_s = models.FloatField(default=0)
    label = models.CharField(max_length=64)
    confidence = models.FloatField()
    abstained = models.BooleanField(default=False)
    is_sampled = models.BooleanField(default=True)
    """False for one that was kept only because somebody corrected it: rates leave it out."""
    statistics = models.JSONField(default=list)
    """Raw statistics of the window, channel after channel, as mlops.ml.drift.window_statistics gives them."""
    at = models.DateTimeField(db_index=True)

    objects = LearnableQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "pk"]
        indexes = [models.Index(fields=["version", "at"], name="prediction_version_at")]


class Feedback(models.Model):
    """What a person says a window should have been, bound to the version that answered it."""

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
    answered = models.CharField(max_length=64)
    confidence = models.FloatField(default=0)
    label = models.CharField(max_length=64, blank=True)
    """What it should have been; empty for "none of these"."""
    is_audit = models.BooleanField(default=False)
    """The window was drawn at random, so that it counts towards the live accuracy."""
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(db_index=True)

    objects = LearnableQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "pk"]
        indexes = [models.Index(fields=["version", "at"], name="feedback_version_at")]

    @property
    def is_right(self) -> bool:
        """The person agreed with the answer."""
        return self.label == self.answered


class DriftVerdict(models.TextChoices):
    CALM = "calm", "No shift"
    DRIFT = "drift", "Shifted"
    TOO_FEW = "too_few", "Too little to tell"
    NO_REFERENCE = "no_reference", "Nothing to compare with"


class DriftReport(models.Model):
    """Served inputs of a period against the training data: distributions over people, nobody in particular."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="drift_reports")
    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="drift_reports")
    job = models.OneToOneField(Job, null=True, on_delete=models.SET_NULL, related_name="drift_report")
    period_from = models.DateTimeField()
    period_to = models.DateTimeField()
    n_athletes = models.PositiveIntegerField(default=0)
    n_windows = models.PositiveIntegerField(default=0)
    verdict = models.CharField(max_length=12, choices=DriftVerdict.choices)
    facts = models.JSONField(default=dict)
    """What mlops.ml.drift.compare found, feature by feature, worst first, and what could not be compared."""
    created_at = models.DateTimeField(auto_now_add=True)

    objects = EngineQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]


class AlertKind(models.TextChoices):
    DRIFT = "drift", "Inputs have shifted"
    ACCURACY = "accuracy", "Live accuracy has fallen"


class Alert(models.Model):
    """Something about a served model that a person should look at. One open row per task and kind."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="alerts")
    version = models.ForeignKey(ModelVersion, null=True, on_delete=models.SET_NULL, related_name="+")
    kind = models.CharField(max_length=10, choices=AlertKind.choices)
    text = models.CharField(max_length=300)
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
