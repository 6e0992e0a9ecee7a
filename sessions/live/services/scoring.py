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
from sessions.live.services.model import Answer, LiveModel
from web.services.metrics import count

logger = logging.getLogger(__name__)

BATCH_S = 0.004
"""Windows that come within this time are answered together …"""
BATCH_BUSY_S = 0.012
"""… or within as much as this while the event loop is late: a batch costs something, whatever it holds."""
EARLY_S, LATE_S = 0.001, 0.006
"""A loop that wakes later than the first batches longer, from the second on as long as it may."""
BATCH_MOST_S = 0.05
"""As long may one batch take."""
FRESH_S = 0.1
"""When there is too much to answer, a window older than this gives way to its stream's next."""
INLINE_S = 0.004
"""A batch that takes no longer is answered by the event loop itself where this process has one core: there a thread
brings nothing, and to wake it and be woken by it costs as much as several windows of a quick model."""
MAX_BATCH = 64
"""More at once is not quicker and takes memory that stays."""
MAX_PER_STREAM = 32

_queues: "WeakKeyDictionary[asyncio.AbstractEventLoop, ScoreQueue]" = WeakKeyDictionary()


N_THREADS = max(1, min(2, (os.cpu_count() or 1) // settings.WEB_PROCESSES))
"""Batches at a time in this process: the machine's cores shared among its server processes, two at most."""
_executor = ThreadPoolExecutor(N_THREADS, thread_name_prefix="live-scorer")


@dataclass(slots=True, eq=False)
class PendingWindow:
    """One window to be answered: `samples` (length, channels) in the model's channel order; `seq` completed it."""

    model: LiveModel
    window: OnlineWindow
    seq: int
    at_s: float = field(default_factory=time.monotonic)


class Asker(Protocol):
    """A stream that wants answers."""

    pending: list[PendingWindow]
    n_skipped: int
    answered_at_s: float

    def answered(self, window: PendingWindow, answer: Answer) -> None:
        """Called in the event loop, in the order of the stream's windows."""


Item = tuple[Asker, PendingWindow]


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
        self._is_behind = False
        """The last batch had no room for all that waited."""
        self._late_s = 0.0
        """How late the loop woke this queue, as of late."""

    @classmethod
    def here(cls) -> "ScoreQueue":
        """The queue of the running event loop."""
        return _queues.setdefault(asyncio.get_running_loop(), cls())

    def ask(self, asker: Asker, window: PendingWindow) -> None:
        """Queue a window; the oldest of a stream gives way when too many wait."""
        if len(asker.pending) >= MAX_PER_STREAM:
            asker.pending.pop(0)
            asker.n_skipped += 1
            count("fitbalance_live_left_out_total")
        asker.pending.append(window)
        self._askers[id(asker)] = asker
        if self._task is None or self._task.done():
            self._task = asyncio.ensure_future(self._run())

    async def _run(self) -> None:
        """Start batches whenever a thread is free and something waits."""
        while self._askers:
            await self._pause()
            groups = self._take()
            self._is_behind = any(key not in self._busy for key in self._askers)
            for items in groups:
                task = asyncio.ensure_future(self._answer(items))
                self._running.add(task)
                task.add_done_callback(self._running.discard)
            if not groups and self._running:  # all that wait have a window in a thread
                await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
            while len(self._running) >= N_THREADS:
                await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)

    async def _pause(self) -> None:
        """Let windows come together: longer the later the loop wakes, so that a busy process does less for each.

        Where the last batch had no room for all that wait, only everything else has its turn.
        """
        if self._is_behind:
            await asyncio.sleep(0)
            return
        pause_s = BATCH_S + (BATCH_BUSY_S - BATCH_S) * min(1.0, max(0.0, self._late_s - EARLY_S) / (LATE_S - EARLY_S))
        due = time.monotonic() + pause_s
        await asyncio.sleep(pause_s)
        self._late_s = 0.8 * self._late_s + 0.2 * max(0.0, time.monotonic() - due)

    async def _answer(self, items: list[Item]) -> None:
        """Run one model on windows that all ask for it, and tell the streams."""
        model = items[0][1].model
        began = time.monotonic()
        try:
            if self._is_quick(items):
                answers = _score(items)
            else:
                answers = await asyncio.get_running_loop().run_in_executor(_executor, _score, items)
        except Exception:
            logger.exception("a live batch of %d windows failed", len(items))
            for asker, _ in items:
                asker.n_skipped += 1
            count("fitbalance_live_left_out_total", len(items))
            return
        finally:
            self._busy.difference_update(id(asker) for asker, _ in items)
        count("fitbalance_live_answers_total", len(items))
        now = time.monotonic()
        each = (now - began) / len(items)
        if len(self._cost_s) > MAX_BATCH:
            self._cost_s.clear()
        self._cost_s[model.version_id] = each + 0.7 * (self._cost_s.get(model.version_id, each) - each)
        for (asker, window), answer in zip(items, answers, strict=True):
            try:
                asker.answered_at_s = now
                asker.answered(window, answer)
            except Exception:
                logger.exception("an answer could not be delivered")

    def _is_quick(self, items: list[Item]) -> bool:
        """Whether the event loop may answer these itself; a model's first batch is measured in a thread."""
        model = items[0][1].model
        cost_s = self._cost_s.get(model.version_id)
        return N_THREADS == 1 and cost_s is not None and cost_s * len(items) <= INLINE_S and not model.is_remote

    def _take(self) -> list[list[Item]]:
        """The next batches, one for each model: everything, in order, while that is soon done, else the newest."""
        ready = [asker for key, asker in self._askers.items() if key not in self._busy]
        items = [(asker, one) for asker in ready for one in asker.pending if one.model is asker.pending[0].model]
        if sum(self._cost(window) for _, window in items) > BATCH_MOST_S:
            items = self._newest(ready)
        elif len(items) > MAX_BATCH:  # soon done all the same: who was answered longest ago comes first
            items = sorted(items, key=lambda item: item[0].answered_at_s)[:MAX_BATCH]
        groups: dict[int, list[Item]] = {}
        for asker, window in items:
            groups.setdefault(id(window.model), []).append((asker, window))
            asker.pending.remove(window)
            self._busy.add(id(asker))
            if not asker.pending:
                del self._askers[id(asker)]
        return list(groups.values())

    def _newest(self, ready: list[Asker]) -> list[Item]:
        """Too much waits: the newest window of each stream while it is fresh, longest unanswered first."""
        now = time.monotonic()
        fresh = [asker for asker in ready if now - asker.pending[-1].at_s <= FRESH_S] or ready
        keep = set(map(id, fresh))
        n_left_out = 0
        for asker in ready:
            n = len(asker.pending) - (id(asker) in keep)
            del asker.pending[:n]
            asker.n_skipped += n
            n_left_out += n
            if not asker.pending:
                del self._askers[id(asker)]
        if n_left_out:
            count("fitbalance_live_left_out_total", n_left_out)
        items: list[Item] = []
        took_s = 0.0
        for asker in sorted(fresh, key=lambda asker: asker.answered_at_s):
            took_s += self._cost(asker.pending[0])
            if items and (took_s > BATCH_MOST_S or len(items) >= MAX_BATCH):
                break
            items.append((asker, asker.pending[0]))
        return items

    def _cost(self, window: PendingWindow) -> float:
        return self._cost_s.get(window.model.version_id, 0.0)


def _score(items: Sequence[Item]) -> list[Answer]:
    """In a thread, or quick: the answer of each window, all of one model."""
    return items[0][1].model.answer(np.stack([pending.window.x for _, pending in items]))
