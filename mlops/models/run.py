"""A training run: a Job with a metric curve."""

import uuid

from django.db import models

from mlops.models.dataset import Dataset
from mlops.models.job import Job
from mlops.models.task import EngineQuerySet, Task


class Run(models.Model):
    """estimator (registered name) + config (its frozen dataclass as JSON) + seed on one Dataset."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    job = models.OneToOneField(Job, on_delete=models.CASCADE, related_name="run")
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="runs")
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="runs")
    estimator = models.CharField(max_length=64)
    config = models.JSONField(default=dict)
    seed = models.PositiveIntegerField(default=0)
    curve = models.JSONField(default=list)
    """[{"epoch": 1, "train_loss": …, "val_accuracy": …}, …] as reported by the estimator."""
    created_at = models.DateTimeField(auto_now_add=True)
    is_demo = models.BooleanField(default=False, editable=False)

    objects = EngineQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
