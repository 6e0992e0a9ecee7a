"""All models of one server: loaded when first asked for, within a budget of bytes, each in a thread of its own."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from mlops.ml.hosting.batches import MAX_INPUTS, n_examples
from mlops.ml.hosting.errors import BadRequest, ModelBusy, ModelError, ModelUnavailable
from mlops.ml.hosting.memory import MIB
from mlops.ml.hosting.registry import loader_of
from mlops.ml.hosting.runner import Asked, Runner, Stats
from mlops.ml.hosting.where import Where

MAX_KNOWN = 256
"""Models whose counts and failures are remembered."""


@dataclass(frozen=True)
class Limits:
    """What one server may hold and how long things may take.

    memory_bytes  all loaded models together, as their loaders estimate them
    n_waiting     requests that may wait for one model
    n_models      models loaded or being loaded at once
    failed_for_s  how long a model that could not be loaded is refused without another try
    room_wait_s   how long a model that is to be loaded waits for others to end their answers
    stuck_s       how long one batch may take before the process ends itself
    load_s        the same for loading
    """

    memory_bytes: int = 3000 * MIB
    n_waiting: int = 64
    n_models: int = 32
    failed_for_s: float = 15.0
    room_wait_s: float = 5.0
    stuck_s: float = 120.0
    load_s: float = 600.0


class Host:
    """Give it inputs and a deadline, get a future. Thread-safe; nothing waits for a model, unless it says so."""

    def __init__(self, limits: Limits, where: Where, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits, self.where, self.clock = limits, where, clock
        self.lock = threading.RLock()
        self.stats: OrderedDict[str, Stats] = OrderedDict()
        self._room = threading.Condition(self.lock)
        self._runners: dict[str, Runner] = {}
        self._leaving: set[Runner] = set()
        self._failed: OrderedDict[str, tuple[float, ModelError]] = OrderedDict()
        self._closed = False

    def submit(self, key: str, inputs: Any, *, deadline_at: float, may_work: bool = False) -> Future[Any]:
        """Ask a model; the outputs come through the future, or the ModelError that came instead.

        deadline_at  on this host's clock; what is not begun by then is never begun
        may_work     an idle, quick model may answer in this thread, before this returns
        Raises BadRequest, ModelBusy (with how long to wait), ModelUnavailable.
        """
        loader, name = loader_of(key)
        n = n_examples(inputs)
        if n > MAX_INPUTS:
            raise BadRequest(f"at most {MAX_INPUTS} inputs in one call", code="too_large")
        with self.lock:
            now = self.clock()
            self._refuse_failed(key, now)
            runner = self._runners.get(key)
            if runner is None:
                if self._closed or len(self._runners) + len(self._leaving) >= self.limits.n_models:
                    raise ModelBusy("too many models are loaded here", code="too_many_models")
                runner = self._runners[key] = Runner(key, loader, name, self, self._stats_of(key))
                runner.start()
            self._refuse_full(runner, now)
            asked = Asked(inputs, n, deadline_at)
            is_lent = may_work and runner.lend(asked)
            if not is_lent:
                runner.ask(asked)
        if is_lent:
            runner.work(asked)
        return asked.future

    def timed_out(self, key: str) -> None:
        """Count an answer that did not come in time."""
        with self.lock:
            self._stats_of(key).n_timeouts += 1

    def overlook(self) -> list[str]:
        """Refuse the queues of models that are overdue; return those that are stuck for good."""
        with self.lock:
            now, stuck = self.clock(), []
            for runner in [*self._runners.values(), *self._leaving]:
                if runner.overdue(now):
                    runner.refuse_waiting(_stuck(runner.key))
                runner.drop_gone(now)
                if runner.stuck(now, stuck_s=self.limits.stuck_s, load_s=self.limits.load_s):
                    stuck.append(runner.key)
            return stuck

    def facts(self) -> dict[str, Any]:
        """What is loaded, how much it takes, who waits, what failed: JSON."""
        with self.lock:
            now = self.clock()
            models = [
                {
                    "key": runner.key,
                    "state": "stuck" if runner.overdue(now) else str(runner.state),
                    "n_bytes": runner.n_bytes,
                    "n_waiting": len(runner.waiting),
                    "is_answering": runner.batch_deadline_at is not None,
                    **vars(runner.stats),
                }
                for runner in self._runners.values()
            ]
            failed = [
                {"key": key, "code": error.code, "detail": error.detail}
                for key, (until, error) in self._failed.items()
                if until > now
            ]
            return {
                "device": self.where.device,
                "precision": self.where.dtype,
                "memory_bytes": self.limits.memory_bytes,
                "n_bytes": self._n_bytes(),
                "n_evicted": sum(stats.n_evicted for stats in self.stats.values()),
                "models": models,
                "failed": failed,
            }

    def close(self, timeout_s: float = 2.0) -> None:
        """Close every model; what waits is told that the server stops."""
        with self.lock:
            self._closed = True
            runners = [*self._runners.values(), *self._leaving]
            for runner in runners:
                runner.close()
        deadline_at = time.monotonic() + timeout_s
        for runner in runners:
            runner.join(max(0.0, deadline_at - time.monotonic()))

    # -- for the runners -----------------------------------------------------------------------------

    def make_room(self, runner: Runner, n_bytes: int) -> None:
        """Reserve memory for a model; of those that do nothing, the one that was not used for longest goes first."""
        if n_bytes > self.limits.memory_bytes:
            raise ModelUnavailable(
                f"{runner.key} takes {n_bytes / MIB:.0f} MB, and MODELS_MEMORY_MB is "
                f"{self.limits.memory_bytes / MIB:.0f}",
                code="too_large",
            )
        give_up_at = self.clock() + self.limits.room_wait_s
        with self.lock:
            runner.n_bytes = 0
            while self._n_bytes() + n_bytes > self.limits.memory_bytes:
                soon_free = sum(one.n_bytes for one in self._leaving)
                idle = [one for one in self._runners.values() if one.is_idle]
                if self._n_bytes() - soon_free + n_bytes > self.limits.memory_bytes and idle:
                    self._evict(min(idle, key=lambda one: one.used_at))
                elif not self._room.wait(max(0.0, give_up_at - self.clock())):
                    raise ModelBusy("the memory for models is in use", retry_after_s=self.limits.room_wait_s)
            runner.n_bytes = n_bytes

    def idle(self, runner: Runner) -> None:
        self._room.notify_all()

    def ended(self, runner: Runner, why: ModelError | None) -> None:
        if self._runners.get(runner.key) is runner:
            del self._runners[runner.key]
        self._leaving.discard(runner)
        if why is not None and not isinstance(why, ModelBusy):
            self._failed[runner.key] = (self.clock() + self.limits.failed_for_s, why)
            _forget(self._failed)
        self._room.notify_all()

    # -- inside, under the lock ----------------------------------------------------------------------

    def _n_bytes(self) -> int:
        return sum(runner.n_bytes for runner in [*self._runners.values(), *self._leaving])

    def _evict(self, runner: Runner) -> None:
        del self._runners[runner.key]
        self._leaving.add(runner)
        runner.stats.n_evicted += 1
        runner.close()

    def _refuse_failed(self, key: str, now: float) -> None:
        until, error = self._failed.get(key, (now, None))
        if error is not None and until > now:
            raise ModelUnavailable(error.detail, code=error.code)
        self._failed.pop(key, None)

    def _refuse_full(self, runner: Runner, now: float) -> None:
        if runner.overdue(now):
            runner.stats.n_busy += 1
            raise _stuck(runner.key)
        if len(runner.waiting) >= self.limits.n_waiting:
            runner.drop_gone(now)
        if len(runner.waiting) >= self.limits.n_waiting:
            runner.stats.n_busy += 1
            stats = runner.stats
            each_s = stats.answer_s / stats.n_answered if stats.n_answered else 1.0
            wait_s = math.ceil(min(30.0, max(1.0, each_s * len(runner.waiting))))
            raise ModelBusy(f"{len(runner.waiting)} requests wait for {runner.key}", retry_after_s=wait_s)

    def _stats_of(self, key: str) -> Stats:
        stats = self.stats.setdefault(key, Stats())
        self.stats.move_to_end(key)
        _forget(self.stats)
        return stats


def _forget(known: OrderedDict[str, Any]) -> None:
    while len(known) > MAX_KNOWN:
        known.popitem(last=False)


def _stuck(key: str) -> ModelBusy:
    return ModelBusy(f"{key} does not come back from an answer", code="stuck", retry_after_s=5.0)
