"""Room on the disk, promised before it is used.

Whoever is about to write much says how much. It is promised only while the disk has it beside DISK_MARGIN_BYTES (room
for the database, so that people can still sign in and live samples be stored) and what others were promised and have
not finished with. Two that ask at once are served one after the other, so that both never take the last byte.
A job that has written a part of its promise is still counted whole: the disk is never promised twice.
"""

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import DatabaseError, connection, transaction
from django.db.models import QuerySet, Subquery, Sum, Value
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from web.full_disk import CODE
from web.models import SpacePromise
from web.numbers import spelled
from web.refusals import Problem
from web.registries import storage
from web.selectors.uploads import uploads_missing_bytes

NO_ROOM = gettext_lazy("The server is low on disk space: this needs %(needs)s, but only %(free)s is available.")


@dataclass(frozen=True)
class Kept:
    """What one account keeps of one sort."""

    label: str
    n_bytes: int
    is_kept: bool


@dataclass(frozen=True)
class Account:
    """What one account keeps in all. `most_bytes` is None where there is no limit."""

    kept: list[Kept]
    n_bytes: int
    most_bytes: int | None


@contextmanager
def space_lock() -> Iterator[None]:
    """A transaction in which nobody else is promised anything. SQLite's transactions exclude each other anyway."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                table = connection.ops.quote_name(SpacePromise._meta.db_table)
                cursor.execute(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
        yield


@contextmanager
def space_promised(*, key: str, n_bytes: int, hold_s: float) -> Iterator[None]:
    """Hold `n_bytes` for what runs inside; asked again with the same key, the promise is made anew.

    hold_s  how long the work may take: after that the promise is void even if its process died
    Raises Problem 507 `insufficient_storage`. Promises of nothing are always kept.
    """
    if n_bytes <= 0:
        yield
        return
    with space_lock():
        space_sweep()
        SpacePromise.objects.filter(key=key).delete()
        space_require(n_bytes)
        SpacePromise.objects.create(key=key, n_bytes=n_bytes, until=timezone.now() + timedelta(seconds=hold_s))
    try:
        yield
    finally:
        with suppress(DatabaseError):  # a database without room: the promise ends by itself
            SpacePromise.objects.filter(key=key).delete()


def space_require(n_bytes: int) -> None:
    """Call inside `space_lock`. Raises Problem 507 `insufficient_storage` when the disk cannot take so much more."""
    promised = (SpacePromise.objects.aggregate(total=Sum("n_bytes"))["total"] or 0) + uploads_missing_bytes()
    free = shutil.disk_usage(_root()).free - settings.DISK_MARGIN_BYTES - promised
    if free < n_bytes:
        detail = NO_ROOM % {"needs": words(n_bytes), "free": words(max(0, free))}
        raise Problem(507, CODE, detail, reason="disk", headers={"Retry-After": "300"})


def space_keys(prefix: str) -> list[str]:
    """What is promised under keys that begin so."""
    return list(SpacePromise.objects.filter(key__startswith=prefix).values_list("key", flat=True))


def space_release(keys: Iterable[str]) -> None:
    """End promises by hand."""
    SpacePromise.objects.filter(key__in=list(keys)).delete()


def space_sweep() -> int:
    """Forget promises whose time is over; returns how many."""
    return SpacePromise.objects.filter(until__lte=timezone.now()).delete()[0]


def account_of(user: Any) -> Account:
    """What `user` keeps here, by sort."""
    usages = storage.usages()
    sums = _sums(user, {str(one.label): one.rows(user) for one in usages if one.rows})
    kept = [
        Kept(label := str(one.label), one.count(user) if one.count else sums[label], one.is_kept) for one in usages
    ]
    total = sum(one.n_bytes for one in kept if one.is_kept)
    return Account([one for one in kept if one.n_bytes], total, settings.ACCOUNT_QUOTA_BYTES or None)


def account_require(user: Any, n_bytes: int = 1) -> None:
    """Raises Problem 507 `insufficient_storage` when `user` would keep more than one account may."""
    most = settings.ACCOUNT_QUOTA_BYTES
    if not most or user is None:
        return
    account = account_of(user)
    if account.n_bytes + n_bytes > most:
        largest = max(account.kept, key=lambda one: one.n_bytes * one.is_kept, default=None)
        facts = {"most": words(most), "used": words(account.n_bytes), "largest": largest.label if largest else "–"}
        detail = _(
            "Your account is limited to %(most)s and uses %(used)s. Largest share: %(largest)s. "
            "Delete what you no longer need. Settings → My data shows what uses how much."
        )
        raise Problem(507, CODE, detail % facts, reason="quota", used_bytes=account.n_bytes, quota_bytes=most)


def words(n_bytes: int) -> str:
    """123456789 → "123 MB"."""
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if n_bytes >= size:
            value = n_bytes / size
            return f"{spelled(value, '.1f' if value < 10 else '.0f')} {unit}"
    return f"{n_bytes} bytes"


def _sums(user: Any, rows: dict[str, QuerySet[Any]]) -> dict[str, int]:
    """The sum of `kept` of each, all in one statement."""
    columns = {}
    for number, some in enumerate(rows.values()):
        total = (
            some.order_by().annotate(all_rows=Value(1)).values("all_rows").annotate(total=Sum("kept")).values("total")
        )
        columns[f"sum_{number}"] = Subquery(total)
    found = get_user_model().objects.filter(pk=user.pk).values_list(*columns.values()).first() or [0] * len(rows)
    return {label: total or 0 for label, total in zip(rows, found, strict=True)}


def _root() -> Path:
    """The folder that files go to, or the nearest one above it that is there."""
    root = Path(settings.MEDIA_ROOT)
    return next((path for path in (root, *root.parents) if path.exists()), root)
