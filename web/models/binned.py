"""Rows that go to the bin when they are deleted, and for good thirty days later."""

from typing import Any

from django.db import models
from django.db.models import QuerySet


class Binned(models.Model):
    """deleted_at: when it went to the bin; nobody sees it from then on but its owner, in the bin.

    A subclass names its managers in this order: `objects = kept(ItsQuerySet)`, `all_with_deleted =
    ItsQuerySet.as_manager()`. The second is for the bin, erasing, exporting, sweeping files and keys that must not be
    given twice, and for nothing else.
    """

    deleted_at = models.DateTimeField(null=True, blank=True, editable=False, db_index=True)

    class Meta:
        abstract = True


def kept(queryset: type[QuerySet]) -> Any:
    """A manager that knows only rows outside the bin; related managers and prefetches take it too."""
    return _KeptManager.from_queryset(queryset)()


class _KeptManager(models.Manager):
    def get_queryset(self) -> QuerySet:
        return super().get_queryset().filter(deleted_at__isnull=True)
