"""Storing live frames: one writer per process, one short transaction every 50 ms for all streams."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID
from weakref import WeakKeyDictionary

from channels.db import database_sync_to_async
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from mlops.ml.contract import ignore
from sessions.models import LiveStream, StreamChunk, StreamState
from web.full_disk import disk_is_full
from web.services.metrics import count

logger = logging.getLogger(__name__)

EVERY_S = 0.05
MAX_BATCH = 2000
ROWS_TOGETHER = (64, 16, 4, 1)
"""Rows of one statement. A few sizes only: each text is a prepared statement that SQLite keeps."""
MAX_WAITING = 20_000
"""Frames that may wait for a database that does not answer; a sender beyond that is told to come back later."""
TOUCH_EVERY_S = 5.0
_COLUMNS = ("stream", "seq", "n_samples", "payload")
T = TypeVar("T")

_executor = ThreadPoolExecutor(1, thread_name_prefix="live-writer")
_writers: "WeakKeyDictionary[asyncio.AbstractEventLoop, ChunkWriter]" = WeakKeyDictionary()


class StoreFull(Exception):
    """The disk has no room for frames now. They wait here, and with their sender, who has no acknowledgement."""


@dataclass(slots=True, eq=False)
class Waiting:
    """A frame on its way to the database; `stored(seq)` after the commit, `gone()` when its stream takes no more.

    full  called each time that the disk had no room for it; it goes on waiting
    """

    stream: UUID
    seq: int
    n_samples: int
    payload: bytes
    stored: Callable[[int], None]
    gone: Callable[[], None]
    full: Callable[[], None] = ignore


class ChunkWriter:
    """Collects frames of all streams of this process and commits them together."""

    def __init__(self) -> None:
        self._waiting: deque[Waiting] = deque()
        self._task: asyncio.Task[None] | None = None
        self._touched: dict[UUID, float] = {}
        self._n_put = 0
        self._n_done = 0
        self._watchers: list[tuple[int, asyncio.Future[None]]] = []
        self._is_full = False

    @classmethod
    def here(cls) -> "ChunkWriter":
        """The writer of the running event loop."""
        return _writers.setdefault(asyncio.get_running_loop(), cls())

    def put(self, item: Waiting) -> bool:
        """Take a frame; False when too many wait already."""
        if len(self._waiting) >= MAX_WAITING:
            return False
        self._waiting.append(item)
        self._n_put += 1
        if self._task is None or self._task.done():
            self._task = asyncio.ensure_future(self._run())
        return True

    async def drained(self) -> None:
        """Wait until everything put so far is committed (or refused), whatever others put meanwhile.

        Raises StoreFull while the disk has no room for it.
        """
        if self._n_done < self._n_put:
            if self._is_full:
                raise StoreFull
            watcher: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._watchers.append((self._n_put, watcher))
            await watcher

    async def _run(self) -> None:
        pause = EVERY_S
        while self._waiting:
            await asyncio.sleep(pause)
            batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), MAX_BATCH))]
            try:
                alive = await database_sync_to_async(chunks_store, thread_sensitive=False, executor=_executor)(
                    batch, self._to_touch(batch)
                )
            except DatabaseError as error:
                self._waiting.extendleft(reversed(batch))
                if disk_is_full(error):
                    self._told_full(batch)
                else:
                    logger.warning("live frames could not be stored; trying again", exc_info=True)
                pause = min(2.0, pause * 2)
                continue
            pause, self._is_full = EVERY_S, False
            count("fitbalance_live_frames_total", sum(item.stream in alive for item in batch))
            for item in batch:
                if item.stream in alive:
                    item.stored(item.seq)
                else:
                    item.gone()
            self._done(len(batch))

    def _told_full(self, batch: Sequence[Waiting]) -> None:
        if not self._is_full:
            logger.warning("the disk is full: live frames wait, and their senders keep them")
        self._is_full = True
        for item in {item.stream: item for item in batch}.values():
            item.full()
        for _, watcher in self._watchers:
            if not watcher.done():
                watcher.set_exception(StoreFull())
        self._watchers.clear()

    def _done(self, n: int) -> None:
        """Wake those who wait for frames up to here."""
        self._n_done += n
        while self._watchers and self._watchers[0][0] <= self._n_done:
            _, watcher = self._watchers.pop(0)
            if not watcher.done():
                watcher.set_result(None)

    def _to_touch(self, batch: Sequence[Waiting]) -> set[UUID]:
        """Streams whose `seen_at` is due, so that it is written every few seconds and not with every frame."""
        now = time.monotonic()
        due = {item.stream for item in batch if now - self._touched.get(item.stream, -TOUCH_EVERY_S) >= TOUCH_EVERY_S}
        self._touched.update(dict.fromkeys(due, now))
        if len(self._touched) > 10_000:
            self._touched = {pk: at for pk, at in self._touched.items() if now - at < TOUCH_EVERY_S}
        return due


def chunks_store(batch: Sequence[Waiting], touch: Iterable[UUID] = ()) -> set[UUID]:
    """Store the frames of open streams in one transaction; return those streams. Known (stream, seq) stay as is."""
    key_of: Any = LiveStream._meta.pk.get_db_prep_value
    keys = {stream: key_of(stream, connection) for stream in {item.stream for item in batch}}
    with transaction.atomic(), connection.cursor() as cursor:
        found = _lock_open(cursor, [keys[stream] for stream in sorted(keys)])
        alive = {stream for stream, key in keys.items() if key in found}
        _insert(cursor, [item for item in batch if item.stream in alive], keys)
        if due := alive & set(touch):
            LiveStream.objects.filter(pk__in=due).update(seen_at=timezone.now())
    return alive


def _lock_open(cursor: Any, keys: Sequence[Any]) -> set[Any]:
    """The keys of open streams among these; locked, always in the same order: two transactions over many streams
    never wait for each other."""
    quote = connection.ops.quote_name
    table, pk, state = (quote(name) for name in (LiveStream._meta.db_table, "id", "state"))
    lock = connection.ops.for_update_sql(no_key=True) if connection.features.has_select_for_update else ""
    found: set[Any] = set()
    for part in _parts(keys):
        marks = ", ".join(["%s"] * len(part))
        select = f"SELECT {pk} FROM {table} WHERE {state} = %s AND {pk} IN ({marks}) ORDER BY {pk} {lock}"  # noqa: S608
        cursor.execute(select, [StreamState.OPEN.value, *part])
        found.update(key for (key,) in cursor.fetchall())
    return found


def _insert(cursor: Any, items: Sequence[Waiting], keys: Mapping[UUID, Any]) -> None:
    """All rows in a few statements.

    A model instance for each row costs four times as much as storing it, and a statement for each lets every other
    thread in between two rows.
    """
    quote = connection.ops.quote_name
    fields: list[Any] = [StreamChunk._meta.get_field(name) for name in _COLUMNS]
    columns = ", ".join(quote(field.column) for field in fields)
    binary: Any = fields[-1].get_db_prep_value
    table = quote(StreamChunk._meta.db_table)
    for part in _parts(items):
        rows: list[Any] = []
        for item in part:
            rows += keys[item.stream], item.seq, item.n_samples, binary(item.payload, connection)
        marks = ", ".join(["(%s, %s, %s, %s)"] * len(part))
        cursor.execute(f"INSERT INTO {table} ({columns}) VALUES {marks} ON CONFLICT DO NOTHING", rows)  # noqa: S608


def _parts(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """Pieces of the sizes in ROWS_TOGETHER."""
    at = 0
    while at < len(items):
        together = next(n for n in ROWS_TOGETHER if n <= len(items) - at)
        yield items[at : at + together]
        at += together
