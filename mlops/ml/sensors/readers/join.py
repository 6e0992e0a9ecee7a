"""Several sensors with clocks of their own rate become one: the fastest one's stamps are kept, the others interpolated.

Nothing is invented: where another sensor paused for longer than a second, the samples in between are left out, and
beyond its first and last sample it is held for one of its own steps at most.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import IntArray, NotEnoughData
from mlops.ml.sensors.readers.plan import Chunk, Float64Array, IssueLog

MAX_GAP_S = 1.0


@dataclass
class Stream:
    """One sensor: its chunks and the positions of its channels in the layout."""

    chunks: Iterator[Chunk]
    positions: tuple[int, ...]
    name: str = ""
    t: Float64Array = field(default_factory=lambda: np.zeros(0))
    x: npt.NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    rows: IntArray = field(default_factory=lambda: np.zeros(0, np.int64))
    ended: bool = False
    step_s: float = 0.0
    n: int = 0

    def pull(self) -> None:
        """Take the next chunk, in order of time."""
        chunk = next(self.chunks, None)
        if chunk is None:
            self.ended = True
            return
        t, x, rows = np.asarray(chunk.t_s), np.asarray(chunk.samples), np.asarray(chunk.rows)
        later = t > (self.t[-1] if len(self.t) else -np.inf)
        t, x, rows = t[later], x[later], rows[later]
        order = np.argsort(t, kind="stable")
        t, x, rows = t[order], x[order], rows[order]
        keep = np.diff(t, prepend=-np.inf) > 0
        self.n += int(keep.sum())
        self.t = np.concatenate([self.t, t[keep]])
        self.x = np.concatenate([self.x, x[keep]]) if self.x.size else x[keep]
        self.rows = np.concatenate([self.rows, rows[keep]])
        if len(self.t) > 2:
            self.step_s = float(np.median(np.diff(self.t)))

    @property
    def last(self) -> float:
        return float(self.t[-1]) if len(self.t) else -np.inf

    def forget(self, before: float) -> None:
        """Drop samples that no later one needs; the last one before stays."""
        cut = max(0, int(np.searchsorted(self.t, before)) - 1)
        self.t, self.x, self.rows = self.t[cut:], self.x[cut:], self.rows[cut:]


def joined(streams: Sequence[Stream], log: IssueLog) -> Iterator[Chunk]:
    """Yield chunks with the channels of all streams on the first one's stamps, with bounded memory.

    Raises NotEnoughData when they do not overlap in time.
    """
    first, *others = streams
    n_channels = sum(len(stream.positions) for stream in streams)
    n_left_out = n_kept = 0
    while True:
        waiting = [stream for stream in streams if not stream.ended]
        if waiting:
            min(waiting, key=lambda stream: stream.last).pull()
        open_ends = [stream.last for stream in others if not stream.ended]
        horizon = min(open_ends, default=np.inf)
        ready = int(np.searchsorted(first.t, horizon, side="right"))
        if ready:
            t, x, rows = first.t[:ready], first.x[:ready], first.rows[:ready]
            out = np.empty((ready, n_channels), np.float32)
            out[:, list(first.positions)] = x
            good = np.ones(ready, bool)
            for other in others:
                out[:, list(other.positions)] = _at(other, t)
                good &= _near(other, t)
            n_left_out += int((~good).sum())
            n_kept += int(good.sum())
            if good.any():
                yield Chunk(t[good], out[good], rows[good])
            last = float(t[-1])
            first.t, first.x, first.rows = first.t[ready:], first.x[ready:], first.rows[ready:]
            for other in others:
                other.forget(last)
        if not waiting:
            break
    if not n_kept:
        raise NotEnoughData("the sensors of this recording do not overlap in time")
    counts = ", ".join(f"{stream.name or n + 1} {stream.n}" for n, stream in enumerate(streams))
    log.note(f"Sensors of different rates joined by time ({counts} samples), on the stamps of the first.")
    if n_left_out:
        log.note(f"{n_left_out} samples fall into a pause of another sensor and were left out.")


def _at(stream: Stream, t: Float64Array) -> Float64Array:
    """Linear interpolation of each channel, held at the ends."""
    if not len(stream.t):
        return np.zeros((len(t), len(stream.positions)))
    return np.column_stack([np.interp(t, stream.t, stream.x[:, i]) for i in range(stream.x.shape[1])])


def _near(stream: Stream, t: Float64Array) -> npt.NDArray[np.bool_]:
    """True where the stream has samples close enough on both sides, or at an end within one of its own steps."""
    if not len(stream.t):
        return np.zeros(len(t), bool)
    if len(stream.t) == 1:
        return np.asarray(np.abs(t - stream.t[0]) <= max(stream.step_s, 1e-9))
    right = np.clip(np.searchsorted(stream.t, t), 1, len(stream.t) - 1)
    allowed = max(MAX_GAP_S, 3 * stream.step_s)
    inside = (t >= stream.t[0]) & (t <= stream.t[-1]) & (np.diff(stream.t)[right - 1] <= allowed)
    hold = min(1.01 * stream.step_s, MAX_GAP_S)
    inside |= np.minimum(np.abs(t - stream.t[right]), np.abs(t - stream.t[right - 1])) <= hold
    return np.asarray(inside)
