"""Answers that are kept for a day, so that a repeated POST does nothing twice."""

from django.conf import settings
from django.db import models
from django.db.models import QuerySet
from django.utils import timezone


class IdempotencyKeyQuerySet(QuerySet["IdempotencyKey"]):
    def visible_to(self, user) -> "IdempotencyKeyQuerySet":
        return self.filter(user=user) if user.is_authenticated else self.none()

    def current(self) -> "IdempotencyKeyQuerySet":
        return self.filter(expires_at__gt=timezone.now())


class IdempotencyKey(models.Model):
    """One key of one person. status 0: the first request is still being answered."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    """SHA-256 over method, path and body."""
    claim = models.UUIDField()
    """Who is answering; a claim that grew old may be taken over."""
    claimed_at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(default=0)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=b"")
    expires_at = models.DateTimeField(db_index=True)

    objects = IdempotencyKeyQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="one_answer_per_key")]

    def __str__(self) -> str:
        return self.key
