"""The bin: what a person deleted within the last thirty days."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils import timezone

from web.registries.bin import BinKind, kinds

BIN_DAYS = 30


@dataclass(frozen=True)
class BinEntry:
    """One thing in the bin; `until` is when it goes for good."""

    kind: str
    title: str
    pk: str
    words: str
    deleted_at: datetime
    until: datetime


def bin_list(*, user: Any) -> list[BinEntry]:
    """What a person can take back, newest first."""
    found = [
        BinEntry(kind.name, str(kind.title), str(row.pk), kind.words(row), row.deleted_at,
                 row.deleted_at + timedelta(days=BIN_DAYS))
        for kind in kinds().values() for row in kind.rows(user)
    ]  # fmt: skip
    return sorted(found, key=lambda one: one.deleted_at, reverse=True)


def bin_get_for(*, user: Any, kind: str, pk: str) -> tuple[BinKind, Any]:
    """Something in one's own bin; 404 for everything else."""
    known = kinds().get(kind)
    try:
        row = known.rows(user).filter(pk=pk).first() if known is not None else None
    except (ValueError, ValidationError):
        row = None
    if known is None or row is None:
        raise Http404
    return known, row


def bin_empty(*, user: Any, names: tuple[str, ...]) -> int:
    """Remove what a person has in the bin of these kinds for good; how much that was."""
    n = 0
    for name in names:
        for row in kinds()[name].rows(user):
            kinds()[name].purge(row)
            n += 1
    return n


def expired(rows: QuerySet) -> QuerySet:
    """Those that lay in the bin for its thirty days."""
    return rows.filter(deleted_at__lt=timezone.now() - timedelta(days=BIN_DAYS))


def undo_address(kind: str, pk: Any) -> str:
    """Where a message sends the wish to take a deletion back."""
    return reverse("accounts:deleted_restore", args=[kind, pk])
