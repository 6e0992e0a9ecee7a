"""One model in the server: its queue, and the thread that loads it, answers and closes it.

Everything that another thread may look at is read and written under the host's lock; loading and answering are not.
"""

from __future__ import annotations

import logging
import math
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from mlops.ml.contract import MLError
from mlops.ml.hosting.batches import cut, form, join, n_examples, slices
from mlops.ml.hosting.errors import ModelError, ModelFailed, ModelTimedOut, ModelUnavailable
from mlops.ml.hosting.memory import MIB, memory_release
from mlops.ml.hosting.registry import LoadedModel, Loader
from mlops.ml.hosting.where import Where

log = logging.getLogger(__name__)

QUICK_S = 0.1
"""A model whose last batch took at most so long may answer in its caller's thread: waking another costs a share."""
OVERDUE_S = 1.0
"""How long after the last deadline of its batch a model is taken for stuck, and its queue refused."""


class State(StrEnum):
    LOADING = "loading"
    READY = "ready"
    CLOSING = "closing"


@dataclass(eq=False)
class Asked:
    """One caller's batch and where its outputs go."""

    inputs: Any
    n: int
    deadline_at: float
    future: Future[Any] = field(default_factory=Future)


@dataclass
class Stats:
    """Counts of one model since the process began, loaded or not."""

    n_loads: int = 0
    n_evicted: int = 0
    n_answered: int = 0
    n_inputs: int = 0
    n_batches: int = 0
    n_failed: int = 0
    n_busy: int = 0
    n_timeouts: int = 0
    load_s: float = 0.0
    answer_s: float = 0.0


class Keeper(Protocol):
    """What a runner asks of the host."""

    lock: threading.RLock
    clock: Callable[[], float]
    where: Where

    def make_room(self, runner: Runner, n_bytes: int) -> None:
        """Reserve memory, evicting others. Raises ModelBusy, ModelUnavailable."""

    def idle(self, runner: Runner) -> None:
        """The runner has nothing to do just now: it may be evicted."""

    def ended(self, runner: Runner, why: ModelError | None) -> None:
        """The model is gone; `why` where it could not be loaded."""


class Runner:
    """Loads a model when it is made, then answers what is asked of it until it is told to close."""

    def __init__(self, key: str, loader: Loader, name: str, host: Keeper, stats: Stats) -> None:
        self.key, self.stats = key, stats
        self.state = State.LOADING
        self.waiting: deque[Asked] = deque()
        self.n_bytes = 0
        self.used_at = self.busy_since = host.clock()
        self.batch_deadline_at: float | None = None
        self._loader, self._name, self._host = loader, name, host
        self._lendable: LoadedModel | None = None
        self._is_lent, self._last_s = False, math.inf
        self._wake = threading.Condition(host.lock)
        self._thread = threading.Thread(target=self._run, name=f"model {key}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def join(self, timeout_s: float) -> None:
        """Wait until the thread has ended."""
        self._thread.join(timeout_s)

    # -- called by the host, under its lock ----------------------------------------------------------

    @property
    def is_idle(self) -> bool:
        """True when it may be evicted: loaded, with nothing to answer."""
        return self.state is State.READY and self.batch_deadline_at is None and not self.waiting

    def overdue(self, now: float) -> bool:
        """True when it answers still although everybody whose answer it works on has gone."""
        return self.batch_deadline_at is not None and now > self.batch_deadline_at + OVERDUE_S

    def stuck(self, now: float, *, stuck_s: float, load_s: float) -> bool:
        """True when it has loaded or worked on one batch for longer than anybody should wait."""
        if self.state is State.LOADING:
            return now - self.busy_since > load_s
        return self.batch_deadline_at is not None and now - self.busy_since > stuck_s

    def ask(self, asked: Asked) -> None:
        self.waiting.append(asked)
        self._wake.notify()

    def lend(self, asked: Asked) -> bool:
        """True when the thread that asks may `work` on it itself: the model is idle, quick, and minds no thread."""
        if self._lendable is None or self._is_lent or not self.is_idle or self._last_s > QUICK_S:
            return False
        asked.future.set_running_or_notify_cancel()
        self._is_lent = True
        self._begin([asked])
        return True

    def drop_gone(self, now: float) -> None:
        """Forget what nobody waits for any more."""
        for asked in [one for one in self.waiting if one.future.done() or one.deadline_at <= now]:
            self.waiting.remove(asked)
            _fail(asked, ModelTimedOut("the deadline passed while it waited"))

    def refuse_waiting(self, error: ModelError) -> None:
        while self.waiting:
            _fail(self.waiting.popleft(), error)

    def close(self) -> None:
        """End the thread after what it does now."""
        self.state = State.CLOSING
        self._wake.notify()

    # -- a caller's thread ---------------------------------------------------------------------------

    def work(self, asked: Asked) -> None:
        """Answer what was lent; the outputs or the error are in its future afterwards."""
        assert self._lendable is not None
        try:
            self._answer(self._lendable, [asked])
        finally:
            with self._host.lock:
                self._is_lent, self.batch_deadline_at = False, None
                self._host.idle(self)
                self._wake.notify()

    # -- the thread ----------------------------------------------------------------------------------

    def _run(self) -> None:
        why: ModelError | None = None
        try:
            self._serve()
        except ModelError as error:
            why = error.with_traceback(None)  # its frames hold the model
        except BaseException as error:  # a loader may raise anything, and nobody must wait for a thread that is gone
            log.warning("%s cannot be loaded", self.key, exc_info=True)
            code = error.code if isinstance(error, MLError) else "load_failed"
            why = ModelUnavailable(f"{self.key} cannot be loaded: {_words(error)}", code=code)
        memory_release()
        with self._host.lock:
            self.n_bytes = 0
            self.refuse_waiting(why or ModelUnavailable("the server stops"))
            self._host.ended(self, why)

    def _serve(self) -> None:
        if self._loader.estimate is not None:
            self._host.make_room(self, self._loader.estimate(self._name))
        began = self._host.clock()
        model = self._loader.load(self._name, self._host.where)
        try:
            self._host.make_room(self, int(model.n_bytes))
            getattr(model, "warm", lambda: None)()
            with self._host.lock:
                self.stats.n_loads += 1
                self.stats.load_s += self._host.clock() - began
                if self.state is State.LOADING:
                    self.state = State.READY
                if getattr(model, "any_thread", False):
                    self._lendable = model
            log.info("%s is loaded: %.0f MB, %.1f s", self.key, model.n_bytes / MIB, self._host.clock() - began)
            while batch := self._next(model):
                self._answer(model, batch)
                del batch  # the inputs need not live until the next ones come
        finally:
            self._lendable = None
            self._close(model)

    def _close(self, model: LoadedModel) -> None:
        try:
            getattr(model, "close", lambda: None)()
        except Exception:  # it goes in any case, and nothing is wrong with the model that comes next
            log.exception("%s cannot be closed", self.key)

    def _next(self, model: LoadedModel) -> list[Asked]:
        """What is answered next, as many as fit together; empty when the model is to close."""
        with self._host.lock:
            if not self._is_lent:
                self.batch_deadline_at = None
            while True:
                self.drop_gone(self._host.clock())
                if not self._is_lent:
                    if self.state is State.CLOSING:
                        return []
                    batch = self._take(model)
                    if batch:
                        self._begin(batch)
                        return batch
                    self._host.idle(self)
                self._wake.wait()

    def _begin(self, batch: Sequence[Asked]) -> None:
        self.used_at = self.busy_since = self._host.clock()
        self.batch_deadline_at = max(asked.deadline_at for asked in batch)

    def _take(self, model: LoadedModel) -> list[Asked]:
        """The oldest, and from the queue whatever may be answered together with it; the rest keeps its order."""
        batch: list[Asked] = []
        n, shape, left, max_batch = 0, None, deque[Asked](), max(1, int(model.max_batch))
        joins = getattr(model, "joins", None) or (lambda inputs: True)
        while self.waiting:
            asked = self.waiting.popleft()
            fits = not batch or (n + asked.n <= max_batch and form(asked.inputs) == shape and joins(asked.inputs))
            if not fits:
                left.append(asked)
            elif asked.future.set_running_or_notify_cancel():
                batch.append(asked)
                n, shape = n + asked.n, form(asked.inputs)
                if len(batch) == 1 and not joins(asked.inputs):
                    max_batch = n
        self.waiting = left
        return batch

    def _answer(self, model: LoadedModel, batch: Sequence[Asked]) -> None:
        """Answer a batch; where it fails as a whole, one caller's inputs must not cost the others their answers."""
        try:
            self._answer_together(model, batch)
        except ModelTimedOut as error:
            self._failed(batch, error)
        except Exception as error:
            if len(batch) > 1:
                for asked in batch:
                    self._answer(model, [asked])
                return
            log.warning("%s failed", self.key, exc_info=not isinstance(error, MLError))
            code = error.code if isinstance(error, MLError | ModelError) else ""
            self._failed(batch, ModelFailed(_words(error), code=code))

    def _answer_together(self, model: LoadedModel, batch: Sequence[Asked]) -> None:
        outputs, n_batches, began = [], 0, self._host.clock()
        for piece in slices(join([asked.inputs for asked in batch]), max(1, int(model.max_batch))):
            now = self._host.clock()
            if now >= max(asked.deadline_at for asked in batch):
                raise ModelTimedOut("the deadline passed while it was answered")
            self.busy_since = now
            answered = model.answer(piece)
            if n_examples(answered) != n_examples(piece):
                found = f"{n_examples(answered)} outputs for {n_examples(piece)} inputs"
                raise ModelFailed(f"{self.key} gave {found}", code="bad_outputs")
            outputs.append(answered)
            n_batches += 1
        found = join(outputs)
        start = 0
        self._last_s = self._host.clock() - began
        with self._host.lock:
            self.stats.n_answered += len(batch)
            self.stats.n_inputs += n_examples(found)
            self.stats.n_batches += n_batches
            self.stats.answer_s += self._last_s
        for asked in batch:
            asked.future.set_result(cut(found, start, start + asked.n))
            start += asked.n

    def _failed(self, batch: Sequence[Asked], error: ModelError) -> None:
        with self._host.lock:
            self.stats.n_failed += len(batch)
        for asked in batch:
            asked.future.set_exception(error)


def _fail(asked: Asked, error: ModelError) -> None:
    if asked.future.done():
        return
    if asked.future.running() or asked.future.set_running_or_notify_cancel():
        asked.future.set_exception(error)


def _words(error: BaseException) -> str:
    return f"{error}" if isinstance(error, MLError | ModelError) else f"{type(error).__name__}: {error}"
