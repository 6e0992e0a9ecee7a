"""Immutable training data: one shard per subject and a manifest."""

import uuid

from django.conf import settings
from django.db import models

from mlops.models.task import EngineQuerySet, Task


class DatasetStatus(models.TextChoices):
    BUILDING = "building", "Being built"
    READY = "ready", "Ready"
    FAILED = "failed", "Failed"
    REDACTED = "redacted", "Redacted"


class Dataset(models.Model):
    """A folder under MEDIA_ROOT/datasets/<id>/ (shards/, manifest.json). Its content hash names it for ever."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="datasets")
    job = models.OneToOneField("mlops.Job", null=True, on_delete=models.SET_NULL, related_name="dataset")
    parameters = models.JSONField(default=dict)
    status = models.CharField(max_length=10, choices=DatasetStatus.choices, default=DatasetStatus.BUILDING)
    content_hash = models.CharField(max_length=64, blank=True)
    facts = models.JSONField(default=dict)
    """n_windows, per_label, per_subject, split, sources: copied from the manifest for pages."""
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    is_demo = models.BooleanField(default=False, editable=False)

    objects = EngineQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]

    @property
    def relative_dir(self) -> str:
        """Folder below MEDIA_ROOT."""
        return f"datasets/{self.pk}"


class DatasetSubject(models.Model):
    """Which subject (pseudonym) has a shard in which dataset, so that erasing finds every shard."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="subjects")
    subject = models.CharField(max_length=32, db_index=True)
    part = models.CharField(max_length=8)
    """train, val or test."""
    n_windows = models.PositiveIntegerField()
    redacted_at = models.DateTimeField(null=True)

    objects = EngineQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dataset", "subject"], name="one_shard_per_subject")]
