"""Immutable training data: one shard per subject and a manifest."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from mlops.tasks.models import EngineQuerySet, Task


class DatasetStatus(models.TextChoices):
    BUILDING = "building", _("Building")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Failed")
    REDACTED = "redacted", _("Redacted")


class Dataset(models.Model):
    """A folder under MEDIA_ROOT/datasets/<id>/ (shards/, manifest.json). Its content hash names it for ever."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="datasets")
    job = models.OneToOneField("mlops.Job", null=True, on_delete=models.SET_NULL, related_name="dataset")
    parameters = models.JSONField(default=dict)
    status = models.CharField(max_length=10, choices=DatasetStatus.choices, default=DatasetStatus.BUILDING)
    content_hash = models.CharField(max_length=64, blank=True)
    facts = models.JSONField(default=dict)
    """n_examples, per_label, per_subject, split, sources: copied from the manifest for pages."""
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    is_demo = models.BooleanField(default=False, editable=False)

    objects = EngineQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]

    @property
    def n_groups(self) -> int:
        """How many groups (people, videos) it was built of."""
        return int(self.facts.get("n_groups") or len(self.facts.get("per_subject") or {}))

    @property
    def relative_dir(self) -> str:
        """Folder below MEDIA_ROOT."""
        return f"datasets/{self.pk}"


class DatasetSubject(models.Model):
    """Which group (a person, a video) has a shard in which dataset, and whose it is: erasing finds every shard."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="subjects")
    subject = models.CharField(max_length=32, db_index=True)
    part = models.CharField(max_length=8)
    """train, val or test."""
    n_examples = models.PositiveIntegerField()
    owner = models.CharField(max_length=32, blank=True, db_index=True)
    """Pseudonym of the person it goes with when they are erased; empty for nobody."""
    redacted_at = models.DateTimeField(null=True)

    objects = EngineQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dataset", "subject"], name="one_shard_per_subject")]
