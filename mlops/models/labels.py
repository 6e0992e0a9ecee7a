"""Label sets: the words a Task may answer with."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet


class LabelSetQuerySet(QuerySet["LabelSet"]):
    def visible_to(self, user) -> "LabelSetQuerySet":
        """Shared sets for everyone signed in, and one's own."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(Q(is_shared=True) | Q(owner=user))

    def editable_by(self, user) -> "LabelSetQuerySet":
        """One's own; ML staff and administrators also the shared ones."""
        if not user.is_authenticated:
            return self.none()
        if user.is_ml_staff or user.is_administrator:
            return self.filter(Q(is_shared=True) | Q(owner=user))
        return self.filter(owner=user)


class LabelSet(models.Model):
    """Named labels: [{"name": "squat", "title": "Squat", "key": "1"}, …]; names are unique, keys one character."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=80)
    labels = models.JSONField(default=list)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="label_sets"
    )
    is_shared = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    is_demo = models.BooleanField(default=False, editable=False)

    objects = LabelSetQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def names(self) -> list[str]:
        return [label["name"] for label in self.labels]
