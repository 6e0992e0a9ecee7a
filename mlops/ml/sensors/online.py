"""Windows of a live stream, equal to those that the same samples give offline.

The stream is resampled by time as it arrives, exactly as `windows.resample` does with a finished recording, so a
model sees the same numbers in service as in training, however the samples were cut into messages.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import BadShape, FloatArray
from mlops.ml.windows import WindowSpec, interpolate

_TOLERANCE = 1e-6  # of a grid step, the same as in windows.resample


@dataclass(frozen=True)
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
        self.reset()

    def reset(self) -> None:
        """Forget the stream so far, e.g. when the sender's clock was set."""
        self._times: npt.NDArray[np.float64] = np.zeros(0)  # samples still needed to interpolate
        self._raw: FloatArray = np.zeros((0, self.n_channels), np.float32)
        self._start_s = 0.0  # where the grid of this segment begins
        self._n_grid = 0  # grid points made in this segment
        self._next = 0  # grid index at which the next window begins
        self._grid: list[FloatArray] = []  # grid points from _next on
        self._n_kept = 0

    @property
    def filled(self) -> tuple[int, int]:
        """(grid samples collected, samples of a full window), for "collecting n of 150"."""
        return min(self._n_grid, self.spec.length), self.spec.length

    def push(self, t_s: npt.ArrayLike, samples: npt.ArrayLike) -> list[OnlineWindow]:
        """Take samples (n, channels) with their times (n,) in seconds and return the windows they complete."""
        times = np.asarray(t_s, np.float64)
        values = np.asarray(samples, np.float32)
        if values.ndim != 2 or values.shape[1] != self.n_channels or times.shape != (len(values),):
            raise BadShape(f"samples of {values.shape} for {self.n_channels} channels")
        times, values = self._keep_new(times, values)
        if not len(times):
            return []
        before = self._times[-1] if len(self._times) else times[0]
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
        latest = self._times[-1] if len(self._times) else -np.inf
        running = np.maximum.accumulate(np.concatenate([[latest], times]))[:-1]
        later = times > running
        self.n_dropped += n_given - int(later.sum())
        return times[later], values[later]

    def _extend(self, times: npt.NDArray[np.float64], values: FloatArray) -> list[OnlineWindow]:
        """Add samples to the current segment: grow the grid, cut windows, forget what is no longer needed."""
        if not len(self._times):
            self._start_s = float(times[0])
        self._times = np.concatenate([self._times, times])
        self._raw = np.concatenate([self._raw, values])
        rate = self.spec.rate_hz
        n = int(np.floor((self._times[-1] - self._start_s) * rate + _TOLERANCE)) + 1
        if n > self._n_grid:
            at = self._start_s + np.arange(self._n_grid, n) / rate
            self._grid.append(interpolate(self._times, self._raw, at)[max(0, self._next - self._n_grid) :])
            self._n_kept += len(self._grid[-1])
            self._n_grid = n
        upcoming = self._start_s + self._n_grid / rate
        keep = max(0, int(np.searchsorted(self._times, upcoming, side="right")) - 1)
        self._times, self._raw = self._times[keep:], self._raw[keep:]
        return self._cut()

    def _cut(self) -> list[OnlineWindow]:
        length, stride, rate = self.spec.length, self.spec.stride, self.spec.rate_hz
        if self._n_kept < length:
            return []
        grid = np.concatenate(self._grid)
        windows, at = [], 0
        while len(grid) - at >= length:
            start = self._start_s + self._next / rate
            windows.append(OnlineWindow(start, start + length / rate, grid[at : at + length].copy()))
            self._next += stride
            at += stride
        rest = grid[at:].copy()
        self._grid, self._n_kept = [rest], len(rest)
        return windows
