"""What goes out to and comes in from elsewhere: uploads to a model hub, runs that were trained somewhere else."""

import uuid

from django.conf import settings
from django.db import models

from mlops.jobs.models import Job
from mlops.registry.models import ModelVersion
from mlops.tasks.models import EngineQuerySet, Task


class HubPush(models.Model):
    """One upload of a version to a repository of a model hub.

    The row outlives its version: what was published must be findable when a person's data is taken back.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    version = models.ForeignKey(ModelVersion, null=True, on_delete=models.SET_NULL, related_name="hub_pushes")
    title = models.CharField(max_length=80)
    """ "exercise v3": stays when the version is deleted."""
    dataset_hash = models.CharField(max_length=64, blank=True)
    """What the published model learned from, so that an erased person's share in it is known."""
    repository = models.CharField(max_length=96)
    endpoint = models.CharField(max_length=200)
    private = models.BooleanField(default=True)
    licence = models.CharField(max_length=40)
    commit = models.CharField(max_length=64, blank=True)
    """Empty until the upload is done."""
    url = models.CharField(max_length=400, blank=True)
    job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    data_erased_at = models.DateTimeField(null=True, blank=True)
    """Since when somebody whose data it learned from has taken it back: the owner should remove the repository."""

    objects = EngineQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.title} → {self.repository}"


class LoggedRun(models.Model):
    """A training that ran elsewhere, as its maker reports it. Its figures are claims: they were not measured here."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="logged_runs")
    name = models.CharField(max_length=120)
    source = models.CharField(max_length=200, blank=True)
    """Where it ran: a notebook, a cluster, an address. Shown as text."""
    params = models.JSONField(default=dict)
    """{"learning_rate": 0.01, "layers": 2, …}: at most 100 plain values."""
    metrics = models.JSONField(default=dict)
    """{"accuracy": 0.93, …}: numbers, as claimed."""
    curve = models.JSONField(default=list)
    """[{"epoch": 1, "train_loss": …}, …]"""
    version = models.ForeignKey(
        ModelVersion, null=True, blank=True, on_delete=models.SET_NULL, related_name="logged_runs"
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    objects = EngineQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.name
