"""The model registry: immutable versions, aliases moved only by append-only events, figures by person."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from mlops.kinds.metric import Metric, is_number
from mlops.tasks.models import EngineQuerySet, Task
from mlops.tasks.services.gates import gates_complete


class ModelVersion(models.Model):
    """An immutable artifact directory (MEDIA_ROOT/models/<id>/) with its metrics and lineage."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    run = models.OneToOneField("mlops.Run", null=True, blank=True, on_delete=models.SET_NULL, related_name="version")
    estimator = models.CharField(max_length=64)
    artifact_dir = models.CharField(max_length=255)
    """Folder below MEDIA_ROOT, or "champions/<name>" for one that ships with the repository."""
    artifact_hash = models.CharField(max_length=64)
    metrics = models.JSONField(default=dict)
    """Held-out figures, with "measured_on" saying which subjects and whether they are generated."""
    gates = models.JSONField(default=dict)
    """{"accuracy": {"least": 0.8, "value": 0.86, "passed": true}, "ece": {"most": 0.1, …}} at the time of training."""
    explanation = models.JSONField(default=dict)
    """{"metric", "part", "inputs": [{"name", "mean", "spread"}]}: what the primary metric loses without an input."""
    score = models.FloatField(null=True, blank=True)
    """The primary metric of its kind, out of `metrics`, so that thousands of versions sort by an index."""
    train_s = models.FloatField(null=True, blank=True)
    size_bytes = models.PositiveBigIntegerField(null=True, blank=True)
    latency_ms = models.FloatField(null=True, blank=True)
    """One answer at batch 1 on the machine that trained it: the median of a few."""
    dataset_hash = models.CharField(max_length=64, blank=True)
    code_version = models.CharField(max_length=64, blank=True)
    libraries = models.JSONField(default=dict)
    origin = models.CharField(max_length=200, blank=True)
    """How it came to be: "run", or the command that made a shipped champion."""
    retrain_due_at = models.DateTimeField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    is_demo = models.BooleanField(default=False, editable=False)

    objects = EngineQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="version_newest"),
            models.Index(fields=["score"], name="version_score"),
            models.Index(fields=["task", "score"], name="version_task_score"),
            models.Index(fields=["estimator", "-created_at"], name="version_estimator"),
        ]
        constraints = [models.UniqueConstraint(fields=["task", "number"], name="version_number_per_task")]

    def __str__(self) -> str:
        return f"{self.task.name} v{self.number}"

    @property
    def all_gates(self) -> dict[str, dict[str, Any]]:
        """`gates`, and how many groups and examples judged it, and whether they are all still there."""
        return gates_complete(self.gates, self.metrics, self.task.judging)

    @property
    def gates_passed(self) -> bool:
        return all(gate.get("passed") for gate in self.all_gates.values())

    @property
    def short_title(self) -> str:
        """ "Champion v3" on boards."""
        return f"Champion v{self.number}"

    @property
    def is_generated(self) -> bool:
        """True when its figures rest on generated data."""
        return bool(self.metrics.get("measured_on", {}).get("generated"))

    @property
    def is_imported(self) -> bool:
        """True when it came from a file, a hub or an address elsewhere."""
        return self.origin.startswith(("import:", "hub:", "remote:"))

    @property
    def metric(self) -> Metric:
        """The metric its task is ranked by."""
        return self.task.metric

    @property
    def score_text(self) -> str:
        """Its primary metric as people read it: "93.1 %"."""
        return self.metric.text(self.score)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Whoever makes a version (a run, an import, the shipped shelf): its score is the kind's primary metric."""
        if self._state.adding and self.score is None:
            value = self.metrics.get(self.metric.name)
            self.score = value if is_number(value) else None
        super().save(*args, **kwargs)


class AliasName(models.TextChoices):
    CHAMPION = "champion", _("Champion")
    CHALLENGER = "challenger", _("Challenger")


class ModelAlias(models.Model):
    """champion or challenger of a Task → a version."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="aliases")
    name = models.CharField(max_length=10, choices=AliasName.choices)
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="aliases")
    traffic_share = models.FloatField(default=1.0)
    moved_at = models.DateTimeField(auto_now=True)

    objects = EngineQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["task", "name"], name="one_alias_per_task")]
        verbose_name_plural = "model aliases"


class EventAction(models.TextChoices):
    """What happened in the registry."""

    PROMOTE = "promote", _("Promoted")
    ROLLBACK = "rollback", _("Rolled back")
    CHALLENGE = "challenge", _("Made challenger")
    WITHDRAW = "withdraw", _("Challenge ended")
    RETIRE = "retire", _("Retired")
    DELETE = "delete", _("Deleted")


class PromotionEvent(models.Model):
    """Append-only: who moved which alias from where to where, when and why; also who retired or deleted a version."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="promotions")
    action = models.CharField(max_length=10, choices=EventAction.choices, default=EventAction.PROMOTE)
    alias = models.CharField(max_length=10, choices=AliasName.choices, blank=True)
    """Empty for what moves no alias."""
    share = models.FloatField(null=True, blank=True)
    """A challenger's traffic share from then on."""
    from_number = models.PositiveIntegerField(null=True, blank=True)
    to_number = models.PositiveIntegerField(null=True, blank=True)
    """Numbers stay when a version is deleted."""
    from_version = models.ForeignKey(ModelVersion, null=True, on_delete=models.SET_NULL, related_name="+")
    to_version = models.ForeignKey(ModelVersion, null=True, on_delete=models.SET_NULL, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    reason = models.TextField(blank=True)
    overrode_gates = models.BooleanField(default=False)
    is_rollback = models.BooleanField(default=False)
    at = models.DateTimeField(auto_now_add=True)

    objects = EngineQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["task", "-at"], name="promotion_task_newest")]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Remember the numbers, which outlive deleted versions."""
        if self._state.adding:
            self.from_number = self.from_version.number if self.from_version else self.from_number
            self.to_number = self.to_version.number if self.to_version else self.to_number
        super().save(*args, **kwargs)


class EvaluatedSubject(models.Model):
    """The primary metric of each example of one subject (pseudonym), in the dataset's order, for paired intervals.

    Rows go when the subject is erased, so that two models are from then on compared on the people who are left.
    """

    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="judged")
    subject = models.CharField(max_length=32, db_index=True)
    n = models.PositiveIntegerField()
    values = models.BinaryField()
    """n little-endian float32."""

    objects = EngineQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "subject"], name="one_judgement_per_subject")]
