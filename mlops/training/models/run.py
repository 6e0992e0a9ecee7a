"""A training run: a Job with a metric curve."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from mlops.datasets.models import Dataset
from mlops.jobs.models import Job
from mlops.tasks.models import EngineQuerySet, Task
from mlops.training.models.study import Study


class RunOutcome(models.TextChoices):
    """What became of a trial of a study; empty for every other run and while it is open."""

    TRIED = "tried", _("Finished")
    PRUNED = "pruned", _("Stopped early")


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
    metrics = models.JSONField(default=dict)
    """Numbers only, by name: those of its version, or of the validation for a trial, and what it cost
    (train_s, size_bytes, latency_ms, n_parameters). Runs are searched and sorted by them."""
    study = models.ForeignKey(Study, null=True, blank=True, on_delete=models.CASCADE, related_name="runs")
    trial = models.PositiveIntegerField(null=True, blank=True)
    """Number within its study, from 0; null for the winner's own training and outside a study."""
    score = models.FloatField(null=True, blank=True)
    """A trial's primary metric on the validation people."""
    outcome = models.CharField(max_length=8, choices=RunOutcome.choices, blank=True)
    parent = models.ForeignKey(
        "mlops.ModelVersion", null=True, blank=True, on_delete=models.SET_NULL, related_name="continuations"
    )
    """The version whose model this training goes on from, instead of starting anew."""
    compare_full = models.BooleanField(default=False)
    """Train in full as well, to compare."""
    created_at = models.DateTimeField(auto_now_add=True)
    is_demo = models.BooleanField(default=False, editable=False)

    objects = EngineQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="run_newest"),
            models.Index(fields=["task", "-created_at"], name="run_task_newest"),
        ]
        constraints = [models.UniqueConstraint(fields=["study", "trial"], name="one_run_per_trial")]

    @property
    def is_trial(self) -> bool:
        """True for a run that only searches: it is judged on validation and makes no version."""
        return self.trial is not None
