"""A Task: what a model is asked. A row, so that people make their own without code."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import QuerySet

from mlops.metric import CLASSIFICATION, Metric
from mlops.models.labels import LabelSet
from mlops.task_kinds import task_kind


class EngineQuerySet(QuerySet):
    """Rows of the engine room: ML staff and administrators see them, nobody else does."""

    def visible_to(self, user):
        allowed = user.is_authenticated and (user.is_ml_staff or user.is_administrator)
        return self if allowed else self.none()


class Task(models.Model):
    """kind (code, see mlops.task_kinds), name, input (checked by the kind: a sensor layout …), labels, gates."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.SlugField(max_length=64, unique=True)
    title = models.CharField(max_length=120)
    kind = models.CharField(max_length=64)
    input = models.JSONField(default=dict)
    """Checked by the kind: {"layout": "flextail", "window_spec": {...}} for sensor classification."""
    label_set = models.ForeignKey(LabelSet, null=True, blank=True, on_delete=models.PROTECT, related_name="tasks")
    gates = models.JSONField(default=dict)
    """Held-out metrics before a version may be promoted: {"accuracy": {"least": 0.8}, "ece": {"most": 0.1}}."""
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    is_demo = models.BooleanField(default=False, editable=False)

    objects = EngineQuerySet.as_manager()

    class Meta:
        ordering = ["title", "pk"]

    def __str__(self) -> str:
        return self.title

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """What its kind measures; those of a classifier where no installed app has the kind any more."""
        try:
            return task_kind(self.kind).metrics
        except KeyError:
            return CLASSIFICATION

    @property
    def metric(self) -> Metric:
        """The metric its versions are ranked by."""
        return self.metrics[0]
