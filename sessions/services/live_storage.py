"""Storing live frames: one writer per process, one short transaction every 50 ms for all streams."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from channels.db import database_sync_to_async
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from sessions.models import LiveStream, StreamChunk, StreamState

logger = logging.getLogger(__name__)

EVERY_S = 0.05
MAX_BATCH = 2000
ROWS_TOGETHER = (64, 16, 4, 1)
"""Rows of one statement. A few sizes only: each text is a prepared statement that SQLite keeps."""
MAX_WAITING = 20_000
"""Frames that may wait for a database that does not answer; a sender beyond that is told to come back later."""
TOUCH_EVERY_S = 5.0

_executor = ThreadPoolExecutor(1, thread_name_prefix="live-writer")
_writers: "WeakKeyDictionary[asyncio.AbstractEventLoop, ChunkWriter]" = WeakKeyDictionary()


@dataclass(slots=True, eq=False)
class Waiting:
    """A frame on its way to the database; `stored(seq)` after the commit, `gone()` when its stream takes no more."""

    stream: UUID
    seq: int
    n_samples: int
    payload: bytes
    stored: Callable[[int], None]
    gone: Callable[[], None]


class ChunkWriter:
    """Collects frames of all streams of this process and commits them together."""

    def __init__(self) -> None:
        self._waiting: deque[Waiting] = deque()
        self._task: asyncio.Task[None] | None = None
        self._touched: dict[UUID, float] = {}
        self._n_put = 0
        self._n_done = 0
        self._watchers: list[tuple[int, asyncio.Future[None]]] = []

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
        """Wait until everything put so far is committed (or refused), whatever others put meanwhile."""
        if self._n_done < self._n_put:
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
            except DatabaseError:
                logger.warning("live frames could not be stored; trying again", exc_info=True)
                self._waiting.extendleft(reversed(batch))
                pause = min(2.0, pause * 2)
                continue
            pause = EVERY_S
            for item in batch:
                if item.stream in alive:
                    item.stored(item.seq)
                else:
                    item.gone()
            self._done(len(batch))

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
    with transaction.atomic():
        open_streams = LiveStream.objects.select_for_update(no_key=True).filter(
            pk__in={item.stream for item in batch}, state=StreamState.OPEN
        )
        # always in the same order: two transactions over many streams never wait for each other
        alive = set(open_streams.order_by("pk").values_list("pk", flat=True))
        _insert([item for item in batch if item.stream in alive])
        if due := alive & set(touch):
            LiveStream.objects.filter(pk__in=due).update(seen_at=timezone.now())
    return alive


def _insert(items: Sequence[Waiting]) -> None:
    """All rows in a few statements.

    A model instance for each row costs four times as much as storing it, and a statement for each lets every other
    thread in between two rows.
    """
    fields: list[Any] = [StreamChunk._meta.get_field(name) for name in ("stream", "seq", "n_samples", "payload")]
    columns = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    table = connection.ops.quote_name(StreamChunk._meta.db_table)
    keys = {key: fields[0].get_db_prep_save(key, connection) for key in {item.stream for item in items}}
    binary = fields[3].get_db_prep_save
    with connection.cursor() as cursor:
        at = 0
        while at < len(items):
            together = next(n for n in ROWS_TOGETHER if n <= len(items) - at)
            rows: list[Any] = []
            for item in items[at : at + together]:
                rows += keys[item.stream], item.seq, item.n_samples, binary(item.payload, connection)
            marks = ", ".join(["(%s, %s, %s, %s)"] * together)
            cursor.execute(f"INSERT INTO {table} ({columns}) VALUES {marks} ON CONFLICT DO NOTHING", rows)  # noqa: S608
            at += together
