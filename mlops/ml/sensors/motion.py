"""How much a stream moves: a few seconds of it at ten bins a second, its motion energy and its own noise floor.

Everything that a live stream knows besides its class (rest, repetitions) is worked out on this small picture, once a
second, for any layout of 1 to 64 channels. The result depends on the samples and their times only, never on how they
were cut into frames.

Channels count by their unit, so that a tilt weighs alike wherever it is measured; channels of an unknown unit count by
their own spread. More than 12 channels are projected on 12 (Johnson & Lindenstrauss 1984): a stream stays small.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import FloatArray

Float64Array = npt.NDArray[np.float64]

BIN_HZ = 10.0
BLOCK = 10  # bins worked on at a time: one second
KEPT_S = 30.0
MAX_AXES = 12
MAX_HOLE_S = 1.0
ENERGY_S = 1.5
MIN_FLOOR, MOST_FLOOR = 0.003, 0.020
"""Motion energy of a body at rest lies between these: a device on a table, a person who stands."""
_FLOOR_RISE_PER_S = 1.004
_ENERGY_BINS = int(ENERGY_S * BIN_HZ)
_EDGES = np.arange(BLOCK + 1)
_BINS = np.arange(int(KEPT_S * BIN_HZ))

UNIT_WEIGHTS = {
    "rad": 1.0,
    "°": np.pi / 180,
    "deg": np.pi / 180,
    "m/s²": 1 / 9.80665,
    "m/s2": 1 / 9.80665,
    "g": 0.5,
    "rad/s": 0.25,
    "°/s": 0.25 * np.pi / 180,
    "deg/s": 0.25 * np.pi / 180,
}
"""About one for a quarter turn of the body, whatever measures it."""


@dataclass(slots=True, eq=False)
class Block:
    """One second of a stream, over at `end_s`; `energy` of the last 1.5 s.

    rows (10, channels) are the means of its bins in the stream's own units; t and x its samples as they came.
    """

    end_s: float
    energy: float
    floor: float
    rows: npt.NDArray[np.floating]
    t: Float64Array
    x: npt.NDArray[np.float32]


def motion_weights(units: Sequence[str]) -> FloatArray:
    """(channels,) weights by unit; 0 for an unknown unit, which is weighed by its spread later."""
    return np.array([UNIT_WEIGHTS.get(unit, 0.0) for unit in units], np.float32)


class MotionTrack:
    """Samples in, blocks of one second out; keeps the last 30 s at 10 Hz (at most 14 KiB).

    energy   √(sum over the axes of the variance of the last 1.5 s)
    floor    the least energy of late, rising by 0.4 % a second (minimum statistics, R. Martin, IEEE Trans. Speech and
             Audio Processing 9(5), 2001), held within what a body at rest gives
    """

    def __init__(self, units: Sequence[str]) -> None:
        self._weights = motion_weights(units)
        self._unknown = np.flatnonzero(self._weights == 0)
        self._spread_n, self._spread_mean, self._spread_m2 = 0, np.zeros(len(units)), np.zeros(len(units))
        n = len(units)
        self._project: FloatArray | None = None
        if n > MAX_AXES:
            basis = np.linalg.qr(np.random.default_rng(n).standard_normal((n, MAX_AXES)))[0]
            self._project = (basis * np.sqrt(n / MAX_AXES)).astype(np.float32)
        self.n_axes = min(n, MAX_AXES)
        self.size = int(KEPT_S * BIN_HZ)
        self.floor = MOST_FLOOR
        self.energy = 0.0
        self.n_restarts = 0
        self.n_reweighed = 0
        """Grows when what is kept was put on another scale."""
        self._waiting_t: list[Float64Array] = []
        self._waiting_x: list[npt.NDArray[np.float32]] = []
        self._begin_bin: int | None = None  # first bin of the block that is being filled
        self._forget()

    def _forget(self) -> None:
        self._ring = np.zeros((self.size, self.n_axes), np.float32)
        self._n = 0  # bins ever put into the ring since the last break
        self._first_bin = 0
        self.energy = 0.0

    def push(self, t_s: Float64Array, samples: npt.NDArray[np.float32]) -> Iterable[Block]:
        """Take samples (n, channels) that are finite and later than all before; usually gives nothing or one block.

        The track moves on as the blocks are taken one by one, so take them all.
        """
        self._waiting_t.append(t_s)
        self._waiting_x.append(samples)
        if self._begin_bin is None:
            self._begin_bin = int(t_s[0] * BIN_HZ // 1)
        if t_s[-1] * BIN_HZ < self._begin_bin + BLOCK:
            return ()
        return self._work()

    def _work(self) -> Iterator[Block]:
        t = self._waiting_t[0] if len(self._waiting_t) == 1 else np.concatenate(self._waiting_t)
        x = self._waiting_x[0] if len(self._waiting_x) == 1 else np.concatenate(self._waiting_x)
        self._waiting_t, self._waiting_x = [], []
        begin = 0
        while True:
            assert self._begin_bin is not None
            edges = begin + t[begin:].searchsorted((self._begin_bin + _EDGES) / BIN_HZ)
            end = int(edges[-1])
            if end == len(t):
                break
            if end == begin or t[end] - t[end - 1] > MAX_HOLE_S:
                self._forget()  # a pause: what comes after it is a new beginning
                self.n_restarts += 1
                self._begin_bin = int(t[end] * BIN_HZ // 1)
            else:
                block = self._block(edges - begin, t[begin:end], x[begin:end])
                self._begin_bin += BLOCK
                yield block
            begin = end
            if t[-1] * BIN_HZ < self._begin_bin + BLOCK:
                break
        self._waiting_t, self._waiting_x = [t[begin:]], [x[begin:]]

    def _block(self, edges: npt.NDArray[np.int64], t: Float64Array, x: npt.NDArray[np.float32]) -> Block:
        """`edges` (11,): where the ten bins begin in `x`, and its length."""
        assert self._begin_bin is not None
        counts = edges[1:] - edges[:-1]
        if np.minimum.reduce(counts) > 0:
            rows = np.add.reduceat(x, edges[:-1], axis=0)
            rows /= counts[:, None]
        else:  # an empty bin takes the value before it
            full = np.flatnonzero(counts)
            means = np.add.reduceat(x, edges[full], axis=0) / counts[full, None]
            rows = means[np.maximum(full.searchsorted(np.arange(BLOCK), side="right") - 1, 0)]
        weighed = (rows * self._weigh(rows)).astype(np.float32, copy=False)
        if self._project is not None:
            weighed = weighed @ self._project
        if self._n == 0:
            self._first_bin = self._begin_bin
        at = self._n % self.size
        self._ring[at : at + BLOCK] = weighed
        self._n += BLOCK
        self._measure()
        return Block((self._begin_bin + BLOCK) / BIN_HZ, self.energy, self.floor, rows, t, x)

    def _weigh(self, rows: FloatArray) -> FloatArray:
        """Weights by unit; of unknown units by the spread so far, a third of it counting as a quarter turn."""
        if not len(self._unknown):
            return self._weights
        n = len(rows)
        total = self._spread_n + n
        mean = rows.mean(axis=0)
        apart = mean - self._spread_mean
        self._spread_m2 += rows.var(axis=0) * n + apart**2 * (self._spread_n * n / total)
        self._spread_mean += apart * (n / total)
        self._spread_n = total
        spread = np.sqrt(self._spread_m2[self._unknown] / total)
        wanted = 0.3 / np.maximum(spread, 1e-9 + 1e-4 * np.abs(self._spread_mean[self._unknown]))
        if self._project is not None:
            wanted[:] = wanted.min()  # projected channels keep their proportions
        old = self._weights[self._unknown]
        if (np.abs(wanted - old) > 0.25 * old).any():
            self._reweigh(wanted, old)
        return self._weights

    def _reweigh(self, wanted: FloatArray, old: FloatArray) -> None:
        """Unknown channels spread differently from what was thought: what is kept is put on the new scale, too."""
        self._weights[self._unknown] = wanted
        self.n_reweighed += 1
        if self._project is None:
            self._ring[:, self._unknown] *= np.where(old > 0, wanted / np.maximum(old, 1e-12), 1.0).astype(np.float32)
        elif len(self._unknown) == len(self._weights) and old[0] > 0:
            self._ring *= np.float32(wanted[0] / old[0])

    def _measure(self) -> None:
        last = self._newest(min(_ENERGY_BINS, self._n))
        last = last - np.add.reduce(last) / len(last)
        self.energy = math.sqrt(float(np.vdot(last, last)) / len(last))
        if len(last) >= _ENERGY_BINS:
            lowest = min(self.energy, self.floor * _FLOOR_RISE_PER_S)
            self.floor = min(max(lowest, MIN_FLOOR), MOST_FLOOR)

    @property
    def end_s(self) -> float:
        """Up to when the stream is in the track."""
        return (self._first_bin + self._n) / BIN_HZ

    def tail(self, n: int) -> tuple[Float64Array, FloatArray]:
        """The newest `n` bins at most, oldest first: times (n,) and weighted rows (n, axes)."""
        n = min(n, self._n, self.size)
        first = self._first_bin + self._n - n
        return (_BINS[:n] + (first + 0.5)) / BIN_HZ, self._newest(n)

    def _newest(self, n: int) -> FloatArray:
        """The newest `n` rows, of which the ring holds at least so many."""
        end = self._n % self.size or self.size
        return self._ring[end - n : end] if end >= n else np.concatenate((self._ring[end - n :], self._ring[:end]))

    def since(self, t_s: float) -> tuple[Float64Array, FloatArray]:
        """All kept bins from time `t_s` on."""
        return self.tail(max(0, math.ceil((self.end_s - t_s) * BIN_HZ)))
