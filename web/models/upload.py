"""Files on their way in: resumable, part by part."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _


class UploadState(models.TextChoices):
    OPEN = "open", _("Uploading")
    SEALING = "sealing", _("Being checked")
    READY = "ready", _("Complete")
    TAKEN = "taken", _("Used")


class UploadQuerySet(QuerySet["Upload"]):
    def visible_to(self, user) -> "UploadQuerySet":
        """The owner's only."""
        return self.filter(owner=user) if user.is_authenticated else self.none()


class Upload(models.Model):
    """One file of `size` bytes in `n_parts` parts. Parts are written at their place in one file on disk."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="uploads")
    filename = models.CharField(max_length=160)
    size = models.PositiveBigIntegerField()
    part_bytes = models.PositiveIntegerField()
    n_parts = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64, blank=True)
    """Of the whole file, once it is complete."""
    state = models.CharField(max_length=8, choices=UploadState.choices, default=UploadState.OPEN)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(db_index=True)

    objects = UploadQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.filename

    def part_size(self, number: int) -> int:
        """Bytes of part `number` (0-based); the last one is shorter."""
        return min(self.part_bytes, self.size - number * self.part_bytes)


class UploadPart(models.Model):
    """A part that is safely on disk. A row each, so that parallel parts never overwrite one another's note."""

    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["upload", "number"], name="one_row_per_part")]

    def __str__(self) -> str:
        return f"part {self.number}"
