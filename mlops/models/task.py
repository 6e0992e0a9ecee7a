"""A Task: what a model is asked. A row, so that people make their own without code."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import QuerySet

from mlops.models.labels import LabelSet


class EngineQuerySet(QuerySet):
    """Rows of the engine room: ML staff and administrators see them, nobody else does."""

    def visible_to(self, user):
        allowed = user.is_authenticated and (user.is_ml_staff or user.is_administrator)
        return self if allowed else self.none()


class Task(models.Model):
    """kind (code, see mlops.kinds), name, input (the kind's schema, for example a sensor layout), labels, gates."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.SlugField(max_length=64, unique=True)
    title = models.CharField(max_length=120)
    kind = models.CharField(max_length=64)
    input = models.JSONField(default=dict)
    """Checked by the kind: {"layout": "flextail", "window_spec": {...}} for sensor classification."""
    label_set = models.ForeignKey(LabelSet, null=True, on_delete=models.PROTECT, related_name="tasks")
    gates = models.JSONField(default=dict)
    """Least values of held-out metrics before a version may be promoted: {"accuracy": 0.8}."""
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
