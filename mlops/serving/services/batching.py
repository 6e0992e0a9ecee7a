"""Answers for everybody in one process: what is asked at the same moment becomes one batch.

Requests of the API hand their inputs to `MicroBatcher.here()`; it waits a few milliseconds, scores what came together
in one run of each model, and gives everybody their rows back. Live streams batch in their event loop, on the same
loaded models: they would rather leave a window out than wait for a long question (docs/serving.md has the figures).
"""

import logging
import os
import threading
import time
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from mlops.kinds.batches import batch_key, joined
from web.refusals import Problem

logger = logging.getLogger(__name__)

WAIT_S = 0.003
MAX_BATCH = 256
MAX_WAITING = 4096


@dataclass(frozen=True)
class _Lot:
    """Examples of one question that wait for one model."""

    scorer: Any
    values: Any
    most: int = MAX_BATCH
    answer: "Future[Any]" = field(default_factory=Future)


class MicroBatcher:
    """One thread that scores. Start one with `here`; each process has its own, also after a fork."""

    _here: "MicroBatcher | None" = None
    _making = threading.Lock()

    def __init__(self) -> None:
        self._waiting: deque[_Lot] = deque()
        self._n_waiting = 0
        self._more = threading.Condition()
        self._pid = os.getpid()
        self.n_batches = 0
        threading.Thread(target=self._run, name="micro-batcher", daemon=True).start()

    @classmethod
    def here(cls) -> "MicroBatcher":
        """The batcher of this process."""
        with cls._making:
            if cls._here is None or cls._here._pid != os.getpid():
                cls._here = cls()
            return cls._here

    def submit(self, scorer: Any, values: Any, most: int = MAX_BATCH) -> "Future[Any]":
        """Outputs of examples as measured, one entry each, at most `most` in one run of the scorer.

        The future raises what the scorer raises.

        Raises Problem 503 `busy` when too many wait.
        """
        lot = _Lot(scorer, values, most)
        with self._more:
            if self._n_waiting and self._n_waiting + len(values) > MAX_WAITING:
                raise Problem(503, "busy", _(
                    "Too many requests at once. Try again in a second."
                ), headers={"Retry-After": "1"})
            self._waiting.append(lot)
            self._n_waiting += len(values)
            self._more.notify()
        return lot.answer

    def _run(self) -> None:
        while True:
            with self._more:
                while not self._waiting:
                    self._more.wait()
            time.sleep(WAIT_S)
            with self._more:
                taken = [self._waiting.popleft() for _ in range(len(self._waiting))]
                self._n_waiting = 0
            groups: dict[tuple[Any, ...], list[_Lot]] = {}
            for lot in taken:
                groups.setdefault((id(lot.scorer), *batch_key(lot.values)), []).append(lot)
            for group in groups.values():
                self._answer(group)

    def _answer(self, group: list[_Lot]) -> None:
        try:
            outputs = self._score(group[0].scorer, joined([lot.values for lot in group]), group[0].most)
        except Exception as error:
            for lot in group:
                lot.answer.set_exception(error)
            return
        at = 0
        for lot in group:
            lot.answer.set_result(outputs[at : at + len(lot.values)])
            at += len(lot.values)

    def _score(self, scorer: Any, values: Any, most: int) -> Any:
        parts = []
        for at in range(0, len(values), most):
            parts.append(scorer.answer(values[at : at + most]))
            self.n_batches += 1
        return joined(parts)
