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

import numpy as np
import numpy.typing as npt

from web.refusals import Problem

logger = logging.getLogger(__name__)

WAIT_S = 0.003
MAX_BATCH = 256
MAX_WAITING = 4096


@dataclass(frozen=True)
class _Asked:
    scorer: Any
    inputs: npt.NDArray[Any]
    raw: bool
    answer: "Future[npt.NDArray[Any]]" = field(default_factory=Future)


class MicroBatcher:
    """One thread that scores. Start one with `here`; each process has its own, also after a fork."""

    _here: "MicroBatcher | None" = None
    _making = threading.Lock()

    def __init__(self) -> None:
        self._waiting: deque[_Asked] = deque()
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

    def score(self, scorer: Any, inputs: npt.NDArray[Any], *, raw: bool = True, timeout_s: float = 30.0) -> Any:
        """Answers to `inputs`, one row each; waits for them. `raw`: as measured, where the scorer knows such.

        Raises Problem 503 `busy` when too many wait, and what the scorer raises.
        """
        return self.submit(scorer, inputs, raw=raw).result(timeout_s)

    def submit(self, scorer: Any, inputs: npt.NDArray[Any], *, raw: bool = True) -> "Future[npt.NDArray[Any]]":
        """The same without waiting."""
        asked = _Asked(scorer, inputs, raw)
        with self._more:
            if self._n_waiting and self._n_waiting + len(inputs) > MAX_WAITING:
                raise Problem(503, "busy", "Too many ask at once. Try again in a second.", headers={"Retry-After": "1"})
            self._waiting.append(asked)
            self._n_waiting += len(inputs)
            self._more.notify()
        return asked.answer

    def _run(self) -> None:
        while True:
            with self._more:
                while not self._waiting:
                    self._more.wait()
            time.sleep(WAIT_S)
            with self._more:
                taken = [self._waiting.popleft() for _ in range(len(self._waiting))]
                self._n_waiting = 0
            groups: dict[tuple[Any, ...], list[_Asked]] = {}
            for asked in taken:
                groups.setdefault((id(asked.scorer), asked.raw, asked.inputs.shape[1:]), []).append(asked)
            for group in groups.values():
                self._answer(group)

    def _answer(self, group: list[_Asked]) -> None:
        try:
            answers = self._score(group[0], np.concatenate([asked.inputs for asked in group]))
        except Exception as error:
            for asked in group:
                asked.answer.set_exception(error)
            return
        at = 0
        for asked in group:
            asked.answer.set_result(answers[at : at + len(asked.inputs)])
            at += len(asked.inputs)

    def _score(self, first: _Asked, inputs: npt.NDArray[Any]) -> npt.NDArray[Any]:
        score = getattr(first.scorer, "answer_raw", first.scorer.answer) if first.raw else first.scorer.answer
        parts = []
        for at in range(0, len(inputs), MAX_BATCH):
            parts.append(np.asarray(score(inputs[at : at + MAX_BATCH])))
            self.n_batches += 1
        return np.concatenate(parts)
