"""A study: a search for good settings. Its job waits for its runs and occupies no worker meanwhile."""

import uuid

from django.conf import settings
from django.db import models

from mlops.datasets.models import Dataset
from mlops.jobs.models import Job
from mlops.tasks.models import EngineQuerySet, Task


class Study(models.Model):
    """n_trials runs of one estimator on one dataset, each judged on the validation people of the training side.

    space   {"option": {"low", "high", "log", "step"} or {"choices": […]}}: what is searched
    config  the options that stay as they are
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    job = models.OneToOneField(Job, on_delete=models.CASCADE, related_name="study")
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="studies")
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="studies")
    estimator = models.CharField(max_length=64)
    space = models.JSONField(default=dict)
    config = models.JSONField(default=dict)
    n_trials = models.PositiveSmallIntegerField()
    n_parallel = models.PositiveSmallIntegerField(default=1)
    seed = models.PositiveIntegerField(default=0)
    prune = models.BooleanField(default=True)
    """Stop a trial whose curve stays below the median of the others."""
    metric = models.CharField(max_length=40)
    """The kind's primary metric when the study began."""
    higher_is_better = models.BooleanField(default=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    is_demo = models.BooleanField(default=False, editable=False)

    objects = EngineQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name_plural = "studies"
