"""One live stream in memory: its windows, the model that answers them, and what was answered."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, Protocol
from uuid import UUID

import numpy as np

from mlops.ml.sensors.online import OnlineWindow, OnlineWindower
from mlops.ml.windows import WindowSpec
from sessions.live.services.answers import AnswerLog, GivenAnswer, answer_json
from sessions.live.services.frames import Frame, frame_from_payload
from sessions.live.services.model import Answer, LiveModel
from sessions.live.services.sampling import AnswerSampler
from sessions.live.services.scoring import PendingWindow, ScoreQueue

Post = Callable[[str, dict[str, Any]], None]
MAX_ANSWERS_PER_S = 5.0
KEPT_BEYOND_S = 0.1
"""Raw frames are kept for one window and so much more."""


def live_stride(spec: WindowSpec, n_samples: int, rate_hz: float) -> int:
    """Samples between answers: the largest part of the model's own stride that gives one answer per batch.

    The stride is a divisor of the trained one, so that every offline window is among the live ones, and at most
    five answers a second are given. `n_samples` is the size of the stream's batches at `rate_hz`.
    """
    least = max(1.0, spec.rate_hz / MAX_ANSWERS_PER_S)
    batch = max(n_samples / max(rate_hz, 1e-9) * spec.rate_hz, least)
    divisors = [n for n in range(1, spec.stride + 1) if spec.stride % n == 0 and least <= n <= batch + 1e-6]
    return max(divisors, default=spec.stride)


class FeedObserver(Protocol):
    """Something that sees one stream's frames and answers as they pass; called in the event loop, must not wait."""

    def frame(self, frame: Frame, *, has_model: bool) -> None:
        """The next samples, before their windows are asked for."""

    def warm(self, frames: Sequence[Frame]) -> None:
        """After a reconnect: the last stored frames, seen again."""

    def answered(self, answer: dict[str, Any]) -> None:
        """An answer about to be told; fields may be added to it."""


class LiveFeed:
    """Frames in, answers out through `post`. All methods run in the event loop and none of them waits."""

    def __init__(
        self, *, stream: UUID, channels: Sequence[str], rate_hz: float, post: Post,
        model: Callable[[], LiveModel | None], stride: int | None = None,
    ) -> None:
        self.stream = stream
        self.channels = tuple(channels)
        self.rate_hz = rate_hz
        self.pending: list[PendingWindow] = []
        self.n_skipped = 0
        self.answered_at_s = 0.0
        self.answer: dict[str, Any] | None = None
        """The newest answer, for boards."""
        self.observers: list[FeedObserver] = []
        self.sampler: AnswerSampler | None = None
        self._post = post
        self._model_now = model
        self._wanted_stride = stride
        self._model: LiveModel | None = None
        self._columns: list[int] | None = None
        self._is_same_order = False
        self._windower: OnlineWindower | None = None
        self._recent: list[tuple[float, int, bytes]] = []  # (newest time, samples, payload)
        self._log = AnswerLog()
        self._queue: ScoreQueue | None = None  # of the event loop that the frames come in
        self._begun = False
        self._segment_s: float | None = None

    @property
    def is_collecting(self) -> bool:
        """No full window yet since the start or the last pause."""
        if self._windower is None:
            return self._model_now() is not None
        filled, length = self._windower.filled
        return filled < length

    def take(self, frame: Frame) -> None:
        """Cut windows from the next frame and ask for their answers."""
        self._follow_champion(frame)
        for observer in self.observers:
            observer.frame(frame, has_model=self._windower is not None)
        windows = self._push(frame)
        if windows and self._model is not None:
            queue = self._queue = self._queue or ScoreQueue.here()
            for window in windows:
                queue.ask(self, PendingWindow(self._model, window, frame.seq))
        if not windows and self._windower is not None and self.is_collecting:
            n, of = self._windower.filled
            self._post("collecting", {"n": n, "of": of})

    def warm(self, frames: Sequence[Frame], *, segment_s: float | None = None) -> None:
        """After a reconnect: fill the window from what is stored, without answering it again.

        `segment_s`: where the unbroken stretch that the frames belong to began.
        """
        self._segment_s = segment_s
        for frame in frames:
            self._follow_champion(frame)
            self._push(frame)
        self.pending.clear()
        for observer in self.observers:
            observer.warm(frames)

    def answered(self, pending: PendingWindow, answer: Answer) -> None:
        """Called by the score queue; told, remembered and sampled as it was decided there."""
        probabilities, decision = answer
        model, start_s = pending.model, pending.window.start_s
        data = {
            **answer_json(model, start_s, probabilities, decision),
            "seq": pending.seq,
            "skipped": self.n_skipped,
        }
        for observer in self.observers:
            observer.answered(data)
        self.answer = data
        self._log.add(model, start_s, decision)
        self._post("classification_result", data)
        if self.sampler is not None and start_s >= self.sampler.next_s:
            self.sampler.take(pending, decision)

    def answer_for(self, start_s: float, end_s: float) -> GivenAnswer | None:
        """What was answered for exactly this window, or None."""
        return self._log.find(start_s, end_s)

    def _push(self, frame: Frame) -> list[OnlineWindow]:
        if self._windower is None or self._columns is None:
            return []
        self._remember(frame)
        values = frame.values if self._is_same_order else frame.values[:, self._columns]
        return self._windower.push(frame.t, values, is_checked=True)

    def _follow_champion(self, frame: Frame) -> None:
        """Take over a new champion between two frames; the last seconds are cut again if its windows differ."""
        model = self._model_now()
        if model is self._model and self._begun:
            return
        before, self._model = self._model, model
        columns = model.columns(self.channels) if model is not None else None
        self._is_same_order = columns == list(range(len(self.channels)))
        if model is None or columns is None:
            self._windower = self._columns = None
        elif before is None or self._windower is None or before.spec != model.spec or columns != self._columns:
            stride = self._wanted_stride or live_stride(model.spec, len(frame.t), self.rate_hz)
            spec = dataclasses.replace(model.spec, stride=stride)
            if self._windower is not None and self._windower.segment_s is not None:
                self._segment_s = self._windower.segment_s
            self._windower, self._columns = OnlineWindower(spec, len(columns)), columns
            if self._segment_s is not None:
                self._windower.begin_at(self._segment_s)
            for _, n, payload in self._recent:
                old = frame_from_payload(0, n, payload)
                self._windower.push(old.t, old.values[:, columns])
        if self._begun:
            self._post("model", {"model": None if self._windower is None or model is None else model.to_json()})
        self._begun = True

    def _remember(self, frame: Frame) -> None:
        """Keep the raw frames of one window, to fill the window of a new champion."""
        assert self._windower is not None
        newest = float(frame.t[-1])
        since = newest - self._windower.spec.duration_s - KEPT_BEYOND_S
        while self._recent and self._recent[0][0] < since:
            del self._recent[0]
        self._recent.append((newest, len(frame.t), frame.payload()))


def envelope_of(frame: Frame, n_points: int) -> tuple[list[float], list[list[float]]]:
    """At most `n_points` evenly picked samples of a frame, for people who watch: (t, values)."""
    step = max(1, -(-len(frame.t) // n_points))
    return np.round(frame.t[::step], 4).tolist(), np.round(frame.values[::step], 5).tolist()
