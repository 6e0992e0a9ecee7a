"""An append-only record of who did what that matters for access."""

from django.conf import settings
from django.db import models
from django.db.models import QuerySet


class AuditEventQuerySet(QuerySet["AuditEvent"]):
    def visible_to(self, user) -> "AuditEventQuerySet":
        """Administrators see all; others what they did or what was done to them."""
        if not user.is_authenticated:
            return self.none()
        if user.is_administrator:
            return self
        return self.filter(models.Q(actor=user) | models.Q(subject=user))


class AuditEvent(models.Model):
    """One act. Survives an erased account as a tombstone without personal data."""

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    subject = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    action = models.CharField(max_length=64, db_index=True)
    target = models.CharField(max_length=120, blank=True)
    detail = models.JSONField(default=dict, blank=True)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return self.action
