"""Windows of a live stream, equal to those that the same samples give offline.

The stream is resampled by time as it arrives, exactly as `windows.resample` does with a finished recording, so a
model sees the same numbers in service as in training, however the samples were cut into messages.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import BadShape, FloatArray
from mlops.ml.windows import WindowSpec

_TOLERANCE = 1e-6  # of a grid step, the same as in windows.resample
_ROOM = 100  # grid points beyond one window that an array has room for


@dataclass(slots=True, eq=False)
class OnlineWindow:
    """One full window on the uniform grid: `x` (length, channels) float32, raw units; times of the stream's clock."""

    start_s: float
    end_s: float
    x: FloatArray


class OnlineWindower:
    """Turns the samples of one stream into windows as soon as they are complete.

    Samples that are not finite, doubled, or earlier than one already taken are left out and counted in `n_dropped`.
    A pause longer than `max_gap_s` begins a new window, as offline. Memory: about one window.
    """

    def __init__(self, spec: WindowSpec, n_channels: int, *, max_gap_s: float = 1.0) -> None:
        self.spec = spec
        self.n_channels = n_channels
        self.max_gap_s = max_gap_s
        self.n_dropped = 0
        self._grid: FloatArray = np.empty((0, n_channels), np.float32)
        self.reset()

    def reset(self) -> None:
        """Forget the stream so far, e.g. when the sender's clock was set."""
        self._times: npt.NDArray[np.float64] = np.zeros(0)  # samples still needed to interpolate
        self._raw: FloatArray = np.zeros((0, self.n_channels), np.float32)
        self._latest = -np.inf
        self._start_s = 0.0  # where the grid of this segment begins
        self._begins_at: float | None = None
        self._n_grid = 0  # grid points made in this segment
        self._next = 0  # grid index at which the next window begins
        self._n_kept = 0  # grid points from _next on, in _grid from _first on
        self._first = len(self._grid)  # nothing written is overwritten: windows may still be looked at

    @property
    def segment_s(self) -> float | None:
        """Where the present unbroken stretch began; None before the first sample."""
        return self._start_s if len(self._times) else None

    def begin_at(self, start_s: float) -> None:
        """Before the first push: the samples to come continue a stretch that began at `start_s`.

        For a reconnect, when only the newest samples are at hand: windows lie where they would have lain.
        """
        self._begins_at = start_s

    @property
    def filled(self) -> tuple[int, int]:
        """(grid samples collected, samples of a full window), for "collecting n of 150"."""
        return min(self._n_grid, self.spec.length), self.spec.length

    def push(self, t_s: npt.ArrayLike, samples: npt.ArrayLike, *, is_checked: bool = False) -> list[OnlineWindow]:
        """Take samples (n, channels) with their times (n,) in seconds and return the windows they complete.

        is_checked  the caller knows that all are finite and the times rise
        """
        times = np.asarray(t_s, np.float64)
        values = np.asarray(samples, np.float32)
        if values.ndim != 2 or values.shape[1] != self.n_channels or times.shape != (len(values),):
            raise BadShape(f"samples of {values.shape} for {self.n_channels} channels")
        is_new = len(times) > 0 and times[0] > self._latest and (is_checked or _is_clean(times, values))
        if is_new and times[-1] - (self._latest if len(self._times) else times[0]) <= self.max_gap_s:
            return self._extend(times, values)  # the usual case: all good, and too short to hold a gap
        times, values = self._keep_new(times, values)
        if not len(times):
            return []
        before = self._latest if len(self._times) else times[0]
        cuts = np.flatnonzero(np.diff(times, prepend=before) > self.max_gap_s)
        windows: list[OnlineWindow] = []
        for i, (piece_t, piece_x) in enumerate(zip(np.split(times, cuts), np.split(values, cuts), strict=True)):
            if i:  # everything before the first cut continues the segment
                self.reset()
            if len(piece_t):
                windows += self._extend(piece_t, piece_x)
        return windows

    def _keep_new(
        self, times: npt.NDArray[np.float64], values: FloatArray
    ) -> tuple[npt.NDArray[np.float64], FloatArray]:
        """Leave out what is not finite or not later than everything before it."""
        finite = np.isfinite(times) & np.isfinite(values).all(axis=1)
        n_given, times, values = len(times), times[finite], values[finite]
        running = np.maximum.accumulate(np.concatenate([[self._latest], times]))[:-1]
        later = times > running
        self.n_dropped += n_given - int(later.sum())
        return times[later], values[later]

    def _extend(self, times: npt.NDArray[np.float64], values: FloatArray) -> list[OnlineWindow]:
        """Add samples to the current segment: grow the grid, cut windows, forget what is no longer needed."""
        if not len(self._times):
            self._start_s = float(times[0])
            if self._begins_at is not None and self._begins_at < self._start_s:
                self._go_on_from(self._begins_at, float(times[0]))
        self._latest = float(times[-1])
        rate, before = self.spec.rate_hz, self._n_grid
        n = max(before, math.floor((self._latest - self._start_s) * rate + _TOLERANCE) + 1)
        at = self._start_s + np.arange(before, n) / rate
        if n - before == len(times) and bool((at == times).all()):
            points, keep = values, len(times) - 1  # every sample lies on the grid: it is the grid point
        else:
            if len(self._times):
                times, values = np.concatenate([self._times, times]), np.concatenate([self._raw, values])
            order = times.tolist()
            points = _interpolate(times, order, values, at) if n > before else values[:0]
            keep = max(0, bisect_right(order, self._start_s + n / rate) - 1)
        self._n_grid = n
        self._times, self._raw = times[keep:].copy(), values[keep:].copy()
        self._keep(points[max(0, self._next - before) :])
        return self._cut() if self._n_kept >= self.spec.length else []

    def _go_on_from(self, start_s: float, now_s: float) -> None:
        """Skip the grid points before `now_s` of a stretch that began at `start_s`, and windows that need them."""
        self._start_s = start_s
        self._n_grid = math.ceil((now_s - start_s) * self.spec.rate_hz - _TOLERANCE)
        self._next = -(-self._n_grid // self.spec.stride) * self.spec.stride

    def _keep(self, points: FloatArray) -> None:
        """Put grid points behind those that are kept; in a fresh array when this one is full.

        What was written is never changed again, so that windows are views of it.
        """
        end = self._first + self._n_kept
        if end + len(points) > len(self._grid):
            fresh = np.empty((max(self.spec.length, self._n_kept + len(points)) + _ROOM, self.n_channels), np.float32)
            fresh[: self._n_kept] = self._grid[self._first : end]
            self._grid, self._first, end = fresh, 0, self._n_kept
        self._grid[end : end + len(points)] = points
        self._n_kept += len(points)

    def _cut(self) -> list[OnlineWindow]:
        length, stride, rate = self.spec.length, self.spec.stride, self.spec.rate_hz
        windows = []
        while self._n_kept >= length:
            start = self._start_s + self._next / rate
            windows.append(OnlineWindow(start, start + length / rate, self._grid[self._first : self._first + length]))
            self._next += stride
            gone = min(stride, self._n_kept)
            self._first += gone
            self._n_kept -= gone
        return windows


def _is_clean(times: npt.NDArray[np.float64], values: FloatArray) -> bool:
    return bool((times[1:] > times[:-1]).all() and np.isfinite(times[-1]) and np.isfinite(values).all())


def _interpolate(
    t_s: npt.NDArray[np.float64], order: list[float], samples: FloatArray, at_s: npt.NDArray[np.float64]
) -> FloatArray:
    """Return what `windows.interpolate` gives, bit by bit, for all channels of a few samples at once.

    NumPy's formula (y1 - y0) / (t1 - t0) * (t - t0) + y0 in float64; times at or after the last sample take its value.
    `order` is `t_s` as a list: looked up without NumPy's search, which lets other threads in for every call.
    """
    last = len(order) - 1
    if last == 0:
        return np.broadcast_to(samples[-1], (len(at_s), samples.shape[1]))
    lefts = [bisect_right(order, at) - 1 for at in at_s.tolist()]
    left = np.array(lefts)
    right = left + 1
    is_at_end = lefts[-1] == last
    if is_at_end:
        right[left == last] = last
    t0 = t_s.take(left)
    y0 = samples.take(left, 0).astype(np.float64)
    step = t_s.take(right)
    step -= t0
    if is_at_end:
        step[step == 0] = 1.0  # at the last sample: its own value
    out = samples.take(right, 0) - y0
    out /= step[:, None]
    out *= (at_s - t0)[:, None]
    out += y0
    return out.astype(np.float32)
