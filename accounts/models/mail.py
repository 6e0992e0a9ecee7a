"""Mail that waits to be sent."""

import uuid

from django.db import models
from django.utils import timezone


class OutgoingMail(models.Model):
    """One message from the moment it is written until a mail server has taken it; then the row goes.

    The message itself is sealed: it holds links that sign in, reset or confirm, and a copy of the database must not.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    to = models.EmailField(max_length=320)
    sealed = models.BinaryField()
    n_tries = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(default=timezone.now, db_index=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at", "pk"]

    def __str__(self) -> str:
        """Without the address: names of rows end up in logs."""
        return f"Mail {self.pk}"
