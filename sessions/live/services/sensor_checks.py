"""Keeping what live streams find wrong with their sensor, for the page that watches models."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from channels.db import database_sync_to_async
from django.db import IntegrityError, transaction
from django.utils import timezone

from sessions.models import SensorCheck

logger = logging.getLogger(__name__)
MAX_KEPT = 50
"""Findings of one stream."""
WRITE_EVERY_S = 1.0

_news: dict[UUID, Sequence[dict[str, Any]]] = {}
_writers: "WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Task[None]]" = WeakKeyDictionary()


def checks_note(stream: UUID, checks: Sequence[dict[str, Any]]) -> None:
    """Called in the event loop when the findings of a stream changed; written within a second, all streams together."""
    _news[stream] = checks
    loop = asyncio.get_running_loop()
    writer = _writers.get(loop)
    if writer is None or writer.done():
        _writers[loop] = asyncio.ensure_future(_write())


async def _write() -> None:
    while _news:
        taken = dict(_news)
        _news.clear()
        try:
            await database_sync_to_async(_store_all, thread_sensitive=False)(taken)
        except Exception:
            logger.exception("findings about sensors could not be kept")
        await asyncio.sleep(WRITE_EVERY_S)


def _store_all(news: dict[UUID, Sequence[dict[str, Any]]]) -> None:
    for stream, checks in news.items():
        checks_store(stream, checks)


def checks_store(stream: UUID, checks: Sequence[dict[str, Any]]) -> None:
    """Keep the findings that stand now; those that stood before and do not any more are ended."""
    found = {(str(check.get("code", ""))[:32], str(check.get("channel") or "")[:64]): check for check in checks}
    try:
        with transaction.atomic():
            known = {(row.code, row.channel): row for row in SensorCheck.objects.filter(stream=stream)}
            gone = [row.pk for key, row in known.items() if key not in found and row.ended_at is None]
            SensorCheck.objects.filter(pk__in=gone).update(ended_at=timezone.now())
            back = [row.pk for key, row in known.items() if key in found and row.ended_at is not None]
            SensorCheck.objects.filter(pk__in=back).update(ended_at=None)
            new = [(key, check) for key, check in found.items() if key not in known][: MAX_KEPT - len(known)]
            SensorCheck.objects.bulk_create(
                SensorCheck(
                    stream_id=stream, code=code, channel=channel, severity=str(check.get("severity", ""))[:16],
                    text=str(check.get("text", ""))[:300],
                )
                for (code, channel), check in new
            )  # fmt: skip
    except IntegrityError:
        logger.info("a stream was deleted while its sensor was checked")
