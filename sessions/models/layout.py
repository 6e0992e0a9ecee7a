"""Sensor layouts: which channels, in which units, at which nominal rate."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet


class SensorLayoutQuerySet(QuerySet["SensorLayout"]):
    def visible_to(self, user) -> "SensorLayoutQuerySet":
        """Shared layouts for everyone signed in, and one's own."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(Q(owner__isnull=True) | Q(owner=user))


class SensorLayout(models.Model):
    """channels: [{"name": "lumbarAngle", "unit": "rad"}, …], 1 to 64 of them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.SlugField(max_length=64, unique=True)
    title = models.CharField(max_length=120)
    channels = models.JSONField()
    rate_hz = models.FloatField()
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SensorLayoutQuerySet.as_manager()

    class Meta:
        ordering = ["title", "pk"]

    def __str__(self) -> str:
        return self.title

    @property
    def channel_names(self) -> list[str]:
        return [channel["name"] for channel in self.channels]
