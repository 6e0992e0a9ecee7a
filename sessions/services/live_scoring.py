"""Answering live windows: small ONNX batches across all streams, every few milliseconds.

A batch never holds more than the model answers in `BATCH_MOST_S`, as measured while it serves, so a slow model makes
fewer answers and not late ones. When more windows come than can be answered, each stream keeps only its newest, those
that were answered longest ago come first, and what is no longer fresh gives way to the next. What is left out is
counted as skipped; samples never are left out.
"""

import asyncio
import logging
import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import numpy as np
from django.conf import settings

from mlops.ml.sensors.online import OnlineWindow
from sessions.services.live_models import LiveModel

logger = logging.getLogger(__name__)

BATCH_S = 0.004
"""Windows that come within this time are answered together."""
BATCH_MOST_S = 0.05
"""As long may one batch take."""
FRESH_S = 0.1
"""When there is too much to answer, a window older than this gives way to its stream's next."""
MAX_BATCH = 64
"""More at once is not quicker and takes memory that stays."""
MAX_PER_STREAM = 32

_queues: "WeakKeyDictionary[asyncio.AbstractEventLoop, ScoreQueue]" = WeakKeyDictionary()


N_THREADS = max(1, min(2, (os.cpu_count() or 1) // settings.WEB_PROCESSES))
"""Batches at a time in this process: the machine's cores shared among its server processes, two at most."""
_executor = ThreadPoolExecutor(N_THREADS, thread_name_prefix="live-scorer")


@dataclass(slots=True, eq=False)
class Asked:
    """One window to be answered: `samples` (length, channels) in the model's channel order; `seq` completed it."""

    model: LiveModel
    window: OnlineWindow
    seq: int
    at_s: float = field(default_factory=time.monotonic)


class Asker(Protocol):
    """A stream that wants answers."""

    pending: list[Asked]
    n_skipped: int
    answered_at_s: float

    def answered(self, asked: Asked, scores: Sequence[float]) -> None:
        """Called in the event loop with a row of `LiveModel.score`, in the order of the stream's windows."""


Item = tuple[Asker, Asked]


class ScoreQueue:
    """The process-wide micro-batcher of one event loop."""

    def __init__(self) -> None:
        self._askers: dict[int, Asker] = {}
        """Streams with windows that wait."""
        self._busy: set[int] = set()
        """Streams with a window in a thread; their next waits for it, so that answers keep their order."""
        self._task: asyncio.Task[None] | None = None
        self._running: set[asyncio.Task[None]] = set()
        self._cost_s: dict[Any, float] = {}
        """Seconds a window takes, by model version, as of late."""

    @classmethod
    def here(cls) -> "ScoreQueue":
        """The queue of the running event loop."""
        return _queues.setdefault(asyncio.get_running_loop(), cls())

    def ask(self, asker: Asker, asked: Asked) -> None:
        """Queue a window; the oldest of a stream gives way when too many wait."""
        if len(asker.pending) >= MAX_PER_STREAM:
            asker.pending.pop(0)
            asker.n_skipped += 1
        asker.pending.append(asked)
        self._askers[id(asker)] = asker
        if self._task is None or self._task.done():
            self._task = asyncio.ensure_future(self._run())

    async def _run(self) -> None:
        """Start batches whenever a thread is free and something waits."""
        while self._askers:
            await asyncio.sleep(BATCH_S)
            groups = self._take()
            for items in groups:
                task = asyncio.ensure_future(self._answer(items))
                self._running.add(task)
                task.add_done_callback(self._running.discard)
            if not groups and self._running:  # all that wait have a window in a thread
                await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
            while len(self._running) >= N_THREADS:
                await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)

    async def _answer(self, items: list[Item]) -> None:
        """Run one model on windows that all ask for it, and tell the streams."""
        model = items[0][1].model
        began = time.monotonic()
        try:
            rows = await asyncio.get_running_loop().run_in_executor(_executor, _score, items)
        except Exception:
            logger.exception("a live batch of %d windows failed", len(items))
            for asker, _ in items:
                asker.n_skipped += 1
            return
        finally:
            self._busy.difference_update(id(asker) for asker, _ in items)
        now = time.monotonic()
        each = (now - began) / len(items)
        if len(self._cost_s) > MAX_BATCH:
            self._cost_s.clear()
        self._cost_s[model.version_id] = each + 0.7 * (self._cost_s.get(model.version_id, each) - each)
        for (asker, asked), row in zip(items, rows, strict=True):
            try:
                asker.answered_at_s = now
                asker.answered(asked, row)
            except Exception:
                logger.exception("an answer could not be delivered")

    def _take(self) -> list[list[Item]]:
        """The next batches, one for each model: everything, in order, while that is soon done, else the newest."""
        ready = [asker for key, asker in self._askers.items() if key not in self._busy]
        items = [(asker, asked) for asker in ready for asked in asker.pending if asked.model is asker.pending[0].model]
        if sum(self._cost(asked) for _, asked in items) > BATCH_MOST_S:
            items = self._newest(ready)
        elif len(items) > MAX_BATCH:  # soon done all the same: who was answered longest ago comes first
            items = sorted(items, key=lambda item: item[0].answered_at_s)[:MAX_BATCH]
        groups: dict[int, list[Item]] = {}
        for asker, asked in items:
            groups.setdefault(id(asked.model), []).append((asker, asked))
            asker.pending.remove(asked)
            self._busy.add(id(asker))
            if not asker.pending:
                del self._askers[id(asker)]
        return list(groups.values())

    def _newest(self, ready: list[Asker]) -> list[Item]:
        """Too much waits: the newest window of each stream while it is fresh, longest unanswered first."""
        now = time.monotonic()
        fresh = [asker for asker in ready if now - asker.pending[-1].at_s <= FRESH_S] or ready
        keep = set(map(id, fresh))
        for asker in ready:
            n = len(asker.pending) - (id(asker) in keep)
            del asker.pending[:n]
            asker.n_skipped += n
            if not asker.pending:
                del self._askers[id(asker)]
        items: list[Item] = []
        took_s = 0.0
        for asker in sorted(fresh, key=lambda asker: asker.answered_at_s):
            took_s += self._cost(asker.pending[0])
            if items and (took_s > BATCH_MOST_S or len(items) >= MAX_BATCH):
                break
            items.append((asker, asker.pending[0]))
        return items

    def _cost(self, asked: Asked) -> float:
        return self._cost_s.get(asked.model.version_id, 0.0)


def _score(items: Sequence[Item]) -> list[list[float]]:
    """In a thread: a row of `LiveModel.score` for each window."""
    windows = np.stack([asked.window.x for _, asked in items])
    rows: list[list[float]] = items[0][1].model.score(windows).tolist()
    return rows
