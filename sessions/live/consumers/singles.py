"""Single `sensor_data` messages: they carry neither a number nor, mostly, a time."""

import numpy as np

from sessions.live.services.frames import BadFrame, Frame

TOGETHER = 10
"""Samples that are classified together once the first window is full (a fifth of a second)."""
STORED_TOGETHER = 50


class Singles:
    """Makes frames of single samples.

    The time of a message without `t` is its arrival, but never less than one sample after the one before: a
    network delivers bunches. A sensor slower than nominal keeps its true times.
    """

    def __init__(self, *, rate_hz: float, first_seq: int) -> None:
        self.step_s = 1.0 / rate_hz
        self._seq = first_seq
        self._began_s: float | None = None
        self._last_t = -np.inf
        self._waiting: list[tuple[float, list[float]]] = []
        self._unstored: list[tuple[float, list[float]]] = []

    def add(self, t: float | None, values: list[float], *, now_s: float, at_once: bool) -> Frame | None:
        """Take one sample; returns a frame to classify when enough are together. Raises BadFrame `out_of_order`."""
        if t is None:
            if self._began_s is None:
                self._began_s = now_s - (0.0 if not np.isfinite(self._last_t) else self._last_t + self.step_s)
            t = max(now_s - self._began_s, self._last_t + self.step_s)
        elif t <= self._last_t:
            raise BadFrame("out_of_order")
        self._last_t = t
        self._waiting.append((t, values))
        if len(self._waiting) < TOGETHER and not at_once:
            return None
        frame = self._frame(self._waiting)
        self._unstored += self._waiting
        self._waiting = []
        return frame

    def continue_from(self, *, seq: int, last_t: float) -> None:
        """Go on after a reconnect: `seq` is the last stored number."""
        self._seq, self._last_t = seq + 1, last_t

    def to_store(self) -> Frame | None:
        """A frame for the database once enough samples are together."""
        return self._stored() if len(self._unstored) >= STORED_TOGETHER else None

    def flush(self) -> Frame | None:
        """Everything that is not stored yet."""
        self._unstored += self._waiting
        self._waiting = []
        return self._stored() if self._unstored else None

    def _stored(self) -> Frame:
        frame = self._frame(self._unstored)
        self._unstored = []
        self._seq += 1
        return frame

    def _frame(self, samples: list[tuple[float, list[float]]]) -> Frame:
        t, values = zip(*samples, strict=True)
        return Frame(self._seq, np.array(t, np.float64), np.array(values, np.float32))
