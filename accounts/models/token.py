"""Personal API tokens: scoped, hashed, expiring."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class TokenScope(models.TextChoices):
    READ = "read", _("Read everything I can see")
    WRITE = "write", _("Create and change my own data")
    STREAM = "stream", _("Stream sensor data live")
    PREDICT = "predict", _("Use models")
    TRAIN = "train", _("Start jobs and promote models")


class ApiTokenQuerySet(QuerySet["ApiToken"]):
    def visible_to(self, user) -> "ApiTokenQuerySet":
        return self.filter(user=user) if user.is_authenticated else self.none()


class ApiToken(models.Model):
    """The secret is shown once; only its SHA-256 is kept (the secret has 256 random bits)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12, editable=False)
    secret_hash = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "pk"]
        verbose_name = _("API token")

    def __str__(self) -> str:
        return self.name

    @property
    def is_live(self) -> bool:
        return self.revoked_at is None and self.expires_at > timezone.now()
