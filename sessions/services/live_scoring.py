"""Answering live windows: one ONNX batch across all streams every few milliseconds.

When the processor cannot keep up, windows are left out (the newest of each stream is answered, the others are
counted as skipped); samples never are.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import numpy as np

from mlops.ml.sensors.online import OnlineWindow
from sessions.services.live_models import LiveModel

logger = logging.getLogger(__name__)

BATCH_S = 0.004
MAX_BATCH = 256
MAX_PER_STREAM = 32

_executor = ThreadPoolExecutor(2, thread_name_prefix="live-scorer")
_queues: "WeakKeyDictionary[asyncio.AbstractEventLoop, ScoreQueue]" = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Asked:
    """One window to be answered: `samples` (length, channels) in the model's channel order; `seq` completed it."""

    model: LiveModel
    window: OnlineWindow
    seq: int


class Asker(Protocol):
    """A stream that wants answers."""

    pending: deque[Asked]
    n_skipped: int

    def answered(self, asked: Asked, probabilities: Sequence[float]) -> None:
        """Called in the event loop, in the order of time within a batch."""


class ScoreQueue:
    """The process-wide micro-batcher of one event loop."""

    def __init__(self) -> None:
        self._askers: dict[int, Asker] = {}
        self._task: asyncio.Task[None] | None = None

    @classmethod
    def here(cls) -> "ScoreQueue":
        """The queue of the running event loop."""
        return _queues.setdefault(asyncio.get_running_loop(), cls())

    def ask(self, asker: Asker, asked: Asked) -> None:
        """Queue a window; the oldest of a stream gives way when too many wait."""
        if len(asker.pending) >= MAX_PER_STREAM:
            asker.pending.popleft()
            asker.n_skipped += 1
        asker.pending.append(asked)
        self._askers[id(asker)] = asker
        if self._task is None or self._task.done():
            self._task = asyncio.ensure_future(self._run())

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while self._askers:
            await asyncio.sleep(BATCH_S)
            by_model: dict[int, list[tuple[Asker, Asked]]] = {}
            for asker, asked in self._take():
                by_model.setdefault(id(asked.model), []).append((asker, asked))
            for items in by_model.values():
                windows = np.stack([asked.window.x for _, asked in items])
                try:
                    answers = await loop.run_in_executor(_executor, items[0][1].model.score, windows)
                except Exception:
                    logger.exception("a live batch of %d windows failed", len(items))
                    for asker, _ in items:
                        asker.n_skipped += 1
                    continue
                _deliver(items, answers)

    def _take(self) -> list[tuple[Asker, Asked]]:
        """Everything that waits, or the newest of each stream when that is too much for one batch."""
        askers = list(self._askers.values())
        if sum(len(asker.pending) for asker in askers) <= MAX_BATCH:
            self._askers.clear()
            taken = [(asker, asked) for asker in askers for asked in asker.pending]
            for asker in askers:
                asker.pending.clear()
            return taken
        taken = []
        for asker in askers[:MAX_BATCH]:
            del self._askers[id(asker)]
            taken.append((asker, asker.pending.pop()))
            asker.n_skipped += len(asker.pending)
            asker.pending.clear()
        return taken


def _deliver(items: list[tuple[Asker, Asked]], answers: Any) -> None:
    for (asker, asked), row in zip(items, answers.tolist(), strict=True):
        try:
            asker.answered(asked, row)
        except Exception:
            logger.exception("an answer could not be delivered")
