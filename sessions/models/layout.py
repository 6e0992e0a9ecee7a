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

    def editable_by(self, user) -> "SensorLayoutQuerySet":
        return self.filter(owner=user) if user.is_authenticated else self.none()


class SensorLayout(models.Model):
    """channels: [{"name": "lumbarAngle", "unit": "rad"}, …], 1 to 64 of them.

    With `base` and `units` it is several equal devices side by side: channels "u2.acc_x" … "u5.gyr_z".
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField(max_length=64, unique=True)
    """The name in files, manifests and Task.input: flextail, imu6.u2+u5, wrist-band-7k2m9q."""
    title = models.CharField(max_length=120)
    channels = models.JSONField()
    rate_hz = models.FloatField()
    base = models.ForeignKey("self", null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    units = models.JSONField(default=list)
    """Names of the devices worn at once, in the order of the channels; empty for one device."""
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SensorLayoutQuerySet.as_manager()

    class Meta:
        ordering = ["title", "pk"]

    def __str__(self) -> str:
        return self.title

    @property
    def channel_names(self) -> list[str]:
        return [channel["name"] for channel in self.channels]
