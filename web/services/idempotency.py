"""Keeping the answer to a POST, so that a client may safely send it again."""

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from web.models import IdempotencyKey
from web.refusals import Problem

KEPT_FOR = dt.timedelta(hours=24)
ABANDONED_AFTER = dt.timedelta(minutes=10)
"""An answer that takes longer belongs to a process that died; the key may then be used again."""
KEPT_HEADERS = ("Content-Type", "Location", "ETag")
MAX_KEPT_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Claim:
    """The right to answer a key for the first time."""

    row: IdempotencyKey


@dataclass(frozen=True)
class Kept:
    """An earlier answer."""

    status: int
    headers: dict[str, str]
    body: bytes


def idempotency_begin(*, user: Any, key: str, fingerprint: str) -> Claim | Kept:
    """Claim `key` or return its kept answer.

    Raises Problem 400 `bad_idempotency_key`, 409 `in_progress`, 422 `key_reused` (another body or address).
    """
    if not (0 < len(key) <= 255 and key.isascii() and key.isprintable()):
        raise Problem(400, "bad_idempotency_key", _("Idempotency-Key must be 1 to 255 printable ASCII characters."))
    now = timezone.now()
    IdempotencyKey.objects.filter(user=user, key=key, expires_at__lte=now).delete()
    try:
        with transaction.atomic():
            row = IdempotencyKey.objects.create(
                user=user,
                key=key,
                fingerprint=fingerprint,
                claim=uuid.uuid4(),
                claimed_at=now,
                expires_at=now + KEPT_FOR,
            )
        return Claim(row)
    except IntegrityError:
        pass
    earlier = IdempotencyKey.objects.filter(user=user, key=key).first()
    if earlier is None:
        raise Problem(409, "in_progress", _("The first request with this key has just finished. Send it again."))
    if earlier.fingerprint != fingerprint:
        raise Problem(422, "key_reused", _("This Idempotency-Key was used for another request. Use a new one."))
    if earlier.status:
        return Kept(earlier.status, earlier.headers, bytes(earlier.body))
    mine = uuid.uuid4()
    taken = IdempotencyKey.objects.filter(
        pk=earlier.pk, claim=earlier.claim, status=0, claimed_at__lt=now - ABANDONED_AFTER
    ).update(claim=mine, claimed_at=now)
    if taken:
        earlier.claim = mine
        return Claim(earlier)
    raise Problem(
        409, "in_progress", _("The first request with this key is still in progress."), headers={"Retry-After": "1"}
    )


def idempotency_keep(*, claim: Claim, status: int, headers: dict[str, str], body: bytes) -> None:
    """Keep a successful answer. Failures are not kept: the client may correct the request and try again."""
    if not 200 <= status < 300 or len(body) > MAX_KEPT_BYTES:
        idempotency_release(claim=claim)
        return
    kept = {name: headers[name] for name in KEPT_HEADERS if name in headers}
    IdempotencyKey.objects.filter(pk=claim.row.pk, claim=claim.row.claim).update(status=status, headers=kept, body=body)


def idempotency_release(*, claim: Claim) -> None:
    """Forget a claim whose request failed."""
    IdempotencyKey.objects.filter(pk=claim.row.pk, claim=claim.row.claim, status=0).delete()


def idempotency_expire() -> int:
    """Delete what is older than a day; returns how many rows."""
    return IdempotencyKey.objects.filter(expires_at__lte=timezone.now()).delete()[0]
