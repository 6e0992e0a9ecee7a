"""Keeping the sets of live streams: written every few seconds while they change, all streams together."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from channels.db import database_sync_to_async
from django.db import DatabaseError, transaction

from sessions.live.services.sense import LiveSense
from sessions.models import LiveStream, Recording, StreamState

logger = logging.getLogger(__name__)

EVERY_S = 5.0
MAX_BATCH = 200
"""Streams in one transaction, so that frames never wait long."""

_executor = ThreadPoolExecutor(1, thread_name_prefix="live-sets")
_writers: "WeakKeyDictionary[asyncio.AbstractEventLoop, SetsWriter]" = WeakKeyDictionary()


class SetsWriter:
    """Stores the sets of the streams of one event loop whenever they changed."""

    def __init__(self) -> None:
        self._senses: dict[UUID, LiveSense] = {}
        self._stored: dict[UUID, int] = {}
        self._last: dict[UUID, LiveSense] = {}
        self._task: asyncio.Task[None] | None = None
        self._writing = asyncio.Lock()

    @classmethod
    def here(cls) -> "SetsWriter":
        """The writer of the running event loop."""
        return _writers.setdefault(asyncio.get_running_loop(), cls())

    def add(self, stream: UUID, sense: LiveSense) -> None:
        """Begin to store a stream's sets."""
        self._senses[stream], self._stored[stream] = sense, sense.n_changes
        if self._task is None or self._task.done():
            self._task = asyncio.ensure_future(self._run())

    def discard(self, stream: UUID, sense: LiveSense) -> None:
        """The stream's connection is gone; what changed last is stored with the next round."""
        if self._senses.get(stream) is sense:
            del self._senses[stream]
            if sense.n_changes != self._stored.pop(stream):
                self._last[stream] = sense

    async def flush(self) -> None:
        """Store everything that changed so far; what cannot be stored is tried again later."""
        async with self._writing:
            last, self._last = self._last, {}
            changed = {pk: one for pk, one in self._senses.items() if one.n_changes != self._stored[pk]}
            due = [(pk, sense.n_changes, sense.sets_json()) for pk, sense in {**last, **changed}.items()]
            for at in range(0, len(due), MAX_BATCH):
                batch = due[at : at + MAX_BATCH]
                rows = {pk: sets for pk, _, sets in batch}
                try:
                    await database_sync_to_async(sets_store, thread_sensitive=False, executor=_executor)(rows)
                except DatabaseError:
                    logger.warning("sets could not be stored; trying again", exc_info=True)
                    self._last = {**last, **self._last}
                    return
                for pk, n_changes, _ in batch:
                    if pk in self._stored:
                        self._stored[pk] = n_changes

    async def _run(self) -> None:
        while self._senses or self._last:
            await asyncio.sleep(EVERY_S)
            await self.flush()


TOGETHER = 20


def sets_store(rows: Mapping[UUID, Sequence[Mapping[str, Any]]]) -> None:
    """Write the sets of open streams, a few in a transaction: the frames of these streams wait for it meanwhile."""
    ordered = sorted(rows.items())  # the order in which the writer of frames locks them
    for at in range(0, len(ordered), TOGETHER):
        with transaction.atomic():
            for pk, sets in ordered[at : at + TOGETHER]:
                LiveStream.objects.filter(pk=pk, state=StreamState.OPEN).update(sets=list(sets))


def sets_place(*, sets: Sequence[Mapping[str, Any]], recording: Recording, t0: float) -> None:
    """Keep a stream's sets with its recording, in seconds from its start; sets that go on end where it ends.

    A recording that was played again keeps the sets it has.
    """
    if recording.sets or not sets:
        return
    most = recording.duration_s
    placed = []
    for one in sets:
        start_s = min(max(0.0, one["start_s"] - t0), most)
        end_s = min(max(start_s, (one["end_s"] if one["end_s"] is not None else one["last_s"]) - t0), most)
        placed.append({
            "exercise": one["exercise"], "start_s": round(start_s, 2), "end_s": round(end_s, 2), "count": one["count"],
            "times": [round(min(max(0.0, at - t0), most), 1) for at in one["times"]],
        })
    Recording.objects.filter(pk=recording.pk).update(sets=placed)
    recording.sets = placed
