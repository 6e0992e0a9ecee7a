"""Room on the disk that running work has been promised."""

from django.db import models


class SpacePromise(models.Model):
    """`n_bytes` of the disk are spoken for by the work that `key` names, until it ends or `until` passes."""

    key = models.CharField(max_length=80, unique=True)
    """What it is for: "job:<id>" and the like."""
    n_bytes = models.PositiveBigIntegerField()
    until = models.DateTimeField(db_index=True)
    """The end of the work at the latest: a promise outlives its process no longer than this."""

    class Meta:
        ordering = ["key"]

    def __str__(self) -> str:
        return self.key
