"""The model registry: immutable versions, aliases moved only by append-only events."""

import uuid

from django.conf import settings
from django.db import models

from mlops.models.run import Run
from mlops.models.task import EngineQuerySet, Task


def _per_cent(share: object) -> str:
    return f"{100 * share:.1f} %" if isinstance(share, int | float) else "–"


class ModelVersion(models.Model):
    """An immutable artifact directory (MEDIA_ROOT/models/<id>/) with its metrics and lineage."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    run = models.OneToOneField(Run, null=True, blank=True, on_delete=models.SET_NULL, related_name="version")
    estimator = models.CharField(max_length=64)
    artifact_dir = models.CharField(max_length=255)
    """Folder below MEDIA_ROOT, or "champions/<name>" for one that ships with the repository."""
    artifact_hash = models.CharField(max_length=64)
    metrics = models.JSONField(default=dict)
    """Held-out figures, with "measured_on" saying which subjects and whether they are generated."""
    gates = models.JSONField(default=dict)
    """{"accuracy": {"least": 0.8, "value": 0.86, "passed": true}, …} at the time of training."""
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
        constraints = [models.UniqueConstraint(fields=["task", "number"], name="version_number_per_task")]

    def __str__(self) -> str:
        return f"{self.task.name} v{self.number}"

    @property
    def gates_passed(self) -> bool:
        return all(gate.get("passed") for gate in self.gates.values())

    @property
    def short_title(self) -> str:
        """ "Champion v3" on boards."""
        return f"Champion v{self.number}"

    @property
    def is_generated(self) -> bool:
        """True when its figures rest on generated data."""
        return bool(self.metrics.get("measured_on", {}).get("generated"))

    @property
    def accuracy_text(self) -> str:
        """Held-out accuracy in per cent, or a dash."""
        return _per_cent(self.metrics.get("accuracy"))

    @property
    def f1_text(self) -> str:
        """Held-out macro F1 in per cent, or a dash."""
        return _per_cent(self.metrics.get("f1_macro"))


class AliasName(models.TextChoices):
    CHAMPION = "champion", "Champion"
    CHALLENGER = "challenger", "Challenger"


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


class PromotionEvent(models.Model):
    """Append-only: who moved which alias from where to where, when and why."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="promotions")
    alias = models.CharField(max_length=10, choices=AliasName.choices)
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
