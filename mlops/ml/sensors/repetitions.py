"""Repetitions of one set, counted while it goes on, for any exercise and any layout.

Method. The motion of a set is reduced to its principal axis (as in RecoFit: Morris, Saponas, Guillory & Kelner, CHI
2014), found by power iteration that starts from the axis of the second before. On that axis turning points are found
with a hysteresis gate, the way ASTM E1049-85 finds the reversals of a load history: a swing counts when it is larger
than the gate, and the gate is a share of the range of the last seconds, never less than what the stream's own noise
can do. Two swings, out and back, are one repetition; it does not matter on which side a set begins. Swings much smaller
than the set's typical one (noise, corrections of the grip) or much larger at its edges (getting into position) are left
out, and so are swings much quicker than the set's rhythm.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import FloatArray
from mlops.ml.sensors.motion import BIN_HZ, MotionTrack

Float64Array = npt.NDArray[np.float64]

GATE = 0.32
"""Share of the range that a swing must cover."""
NOISE_RANGE = 3.0
"""Ranges under this multiple of the noise floor hold no repetition."""
MIN_RANGE = 0.02
SMALL, LARGE = 0.38, 2.2
"""Swings outside these multiples of the set's median are left out (large ones only at the edges)."""
QUICK = 0.35
"""Repetitions closer than this share of the median period are one."""
DONE = 0.6
"""A swing that has come so far of the typical one counts before it turns."""
TURNED = 0.93
"""When the principal axis has turned further than this cosine, the last seconds are counted again."""
MAX_SWINGS = 1200
LIKE = 0.3
"""Autocorrelation of a rhythm."""
FAR = 2.0
"""Bins further than this multiple of the median from the middle pull the axis no more than those at it."""
LOCK_AFTER = 6
LOST_AFTER = 2.5
"""Periods without a swing after which a locked axis is given up."""
MIN_PERIOD_S = 0.8
MIN_WIDTH = 3
WIDTH_SHARE = 0.15
"""The axis is smoothed over this share of the period, so that knocks inside a slow repetition are none."""


@dataclass(frozen=True, slots=True)
class Swing:
    """From one turning point to the next: times in seconds, height on the axis."""

    start_s: float
    end_s: float
    height: float


@dataclass(slots=True)
class RepetitionCounter:
    """Counts one set. `begin` at its start (which may lie some seconds back), then `step` once a second."""

    start_s: float = 0.0
    swings: list[Swing] = field(default_factory=list)
    """Turned swings, oldest first."""
    _axis: FloatArray | None = None
    _used: FloatArray | None = None
    _gate: float = 0.0
    _width: int = 3
    n_steps: int = 0
    """Grows with every step."""
    is_locked: bool = False
    _reweighed: int = 0
    _kept_s: float = -np.inf
    """Swings up to here are never counted again."""
    period_s: float = 0.0
    """The set's rhythm, by autocorrelation; 0 where there is none yet."""
    _upto_s: float = -np.inf
    _low: tuple[float, float] = (0.0, 0.0)
    _high: tuple[float, float] = (0.0, 0.0)
    _way: int = 0
    """+1 rising, −1 falling, 0 not known yet."""

    def begin(self, start_s: float) -> None:
        """A new set."""
        self.start_s = start_s
        self.swings = []
        self._axis = self._used = None
        self._upto_s = -np.inf
        self._way = 0
        self._width, self.n_steps, self.period_s = MIN_WIDTH, 0, 0.0
        self.is_locked, self._kept_s = False, -np.inf

    def step(self, track: MotionTrack) -> None:
        """Take what the track gained since the last step."""
        self.n_steps += 1
        noise = 0.5 * max(MIN_RANGE, NOISE_RANGE * track.floor)
        if track.n_reweighed != self._reweighed:
            self._reweighed, self._used, self.is_locked = track.n_reweighed, None, False
        if self.is_locked and self._used is not None and not self._lost(track.end_s):
            self._gate = max(noise, SMALL * self._typical())
            t, x = track.tail(int((track.end_s - self._upto_s) * BIN_HZ) + self._width + 1)
            self._take(t, x @ self._used)
            return
        t, x = track.since(self.start_s)
        if len(t) < 8:
            return
        centred = x - np.add.reduce(x) / len(x)
        size = np.sqrt(np.add.reduce(centred * centred, axis=1))
        middle = float(np.partition(size, len(size) // 2)[len(size) // 2])
        bounded = centred * np.minimum(1.0, FAR * middle / np.maximum(size, 1e-9))[:, None]
        axis = self._turn(bounded.T @ bounded)
        if axis is None:
            return
        along = bounded @ axis
        if self.n_steps % 3 == 1:
            self.period_s = period_of(along - along.mean())
        width = max(MIN_WIDTH, int(self.period_s * BIN_HZ * WIDTH_SHARE) | 1)
        self._gate = max(GATE * range_of(along, self.period_s), noise)
        used = self._used
        if (
            used is None
            or abs(float(axis @ used)) < TURNED
            or (self._upto_s < t[0] or abs(width - self._width) > 0.3 * self._width)
        ):
            used, self._width = axis, width
            self._again(float(t[0]))
        self._used = used
        self._take(t, x @ used)
        self._lock()

    def _take(self, t: Float64Array, along: FloatArray) -> None:
        """Find the turning points in what is new on the axis."""
        smooth = smoothed(along, self._width)
        new = int(np.searchsorted(t, self._upto_s, side="right"))
        settled = len(t) - self._width // 2
        self._follow(t[new:settled], smooth[new:settled])

    def _typical(self) -> float:
        return _middle([swing.height for swing in self.swings[-10:]])

    def _lock(self) -> None:
        """Keep the axis once a rhythm is found: what comes after the set must not change what was counted."""
        last = self.swings[-LOCK_AFTER:]
        if len(last) < LOCK_AFTER:
            return
        heights = [swing.height for swing in last]
        lasting = [b.end_s - a.end_s for a, b in zip(last[:-2], last[2:], strict=True)]
        rhythm = sum(lasting) / len(lasting)
        self.is_locked = (
            min(heights) > 0.5 * max(heights)
            and min(lasting) > 0.5 * max(lasting)
            and 0.65 * self.period_s < rhythm < 1.5 * self.period_s
        )

    def _lost(self, now_s: float) -> bool:
        """Whether the rhythm broke off long ago: another axis may show what goes on now."""
        last = self.swings[-LOCK_AFTER:]
        rhythm = (last[-1].end_s - last[0].end_s) / (len(last) - 1) * 2
        if now_s - last[-1].end_s > LOST_AFTER * rhythm + 2.0:
            self.is_locked = False
            self._kept_s = last[-1].end_s
        return not self.is_locked

    def _turn(self, covariance: FloatArray) -> FloatArray | None:
        """The principal axis, a few power iterations from the last one; None while nothing moves."""
        axis: FloatArray
        if self._axis is None:
            axis = np.linalg.eigh(covariance)[1][:, -1]
        else:
            axis = self._axis
            for _ in range(3):
                axis = covariance @ axis
                axis /= np.sqrt(axis @ axis) + 1e-12
        if not np.isfinite(axis).all() or not axis.any():
            return None
        if self._used is not None and float(axis @ self._used) < 0:
            axis = -axis
        self._axis = axis
        return axis

    def _again(self, from_s: float) -> None:
        """Forget the swings that can still be seen, to find them on another axis."""
        while self.swings and self.swings[-1].end_s >= max(from_s, self._kept_s + 0.05):
            self.swings.pop()
        self._way = 0
        self._upto_s = self.swings[-1].end_s if self.swings else -np.inf

    def _follow(self, t: Float64Array, along: FloatArray) -> None:
        """Find the turning points in new bins."""
        if not len(t):
            return
        gate, way = self._gate, self._way
        low, high = self._low, self._high
        if self._upto_s < t[0] - 1.0 or (way == 0 and self._upto_s == -np.inf) or (not self._way and not self.swings):
            low = high = (float(t[0]), float(along[0]))
        for now, value in zip(t.tolist(), along.tolist(), strict=True):
            if value > high[1]:
                high = (now, value)
            if value < low[1]:
                low = (now, value)
            if way >= 0 and high[1] - value > gate:  # it fell: the high was a turning point
                if way > 0 or low[0] < high[0]:
                    self._swing(low, high)
                way, low = -1, (now, value)
            elif way <= 0 and value - low[1] > gate:
                if way < 0 or high[0] < low[0]:
                    self._swing(high, low)
                way, high = 1, (now, value)
        self._low, self._high, self._way = low, high, way
        self._upto_s = float(t[-1])

    def _swing(self, begin: tuple[float, float], end: tuple[float, float]) -> None:
        height = abs(end[1] - begin[1])
        if height > self._gate and len(self.swings) < MAX_SWINGS:
            self.swings.append(Swing(begin[0], end[0], height))

    def times(self, until_s: float = np.inf) -> list[float]:
        """When each repetition was done, in seconds; those after `until_s` are left out."""
        swings = [swing for swing in self.swings if swing.start_s < until_s]
        coming = self._coming()
        if coming is not None and coming.start_s < until_s:
            swings.append(coming)
        return repetitions_of(swings, self.period_s)

    def _coming(self) -> Swing | None:
        """The swing that goes on."""
        if not self._way:
            return None
        begin, end = (self._low, self._high) if self._way > 0 else (self._high, self._low)
        begin = (self.swings[-1].end_s, begin[1]) if self.swings else begin
        height = abs(end[1] - begin[1])
        if not self.swings or height < DONE * self._typical():
            return None
        return Swing(begin[0], end[0], height)


def repetitions_of(swings: list[Swing], rhythm_s: float = 0.0) -> list[float]:
    """Times at which repetitions were completed: every second swing, after what does not belong is left out."""
    if len(swings) < 2:
        return []
    typical = _middle([swing.height for swing in swings])
    kept = [swing for swing in swings if swing.height >= SMALL * typical]
    while kept and kept[0].height > LARGE * typical:
        kept = kept[1:]
    n = len(kept)
    while kept and kept[-1].height > LARGE * typical:
        kept = kept[:-1]
    if len(kept) < n and len(kept) % 2:  # the last way back went on into getting up
        last = kept[-1]
        kept = [*kept, Swing(last.end_s, last.end_s + (last.end_s - last.start_s), typical)]
    done = [kept[i].end_s for i in range(1, len(kept), 2)]
    if len(done) < 3:
        return done
    period = max(_middle([b - a for a, b in pairwise(done)]), rhythm_s)
    times = done[:1]
    for at in done[1:]:
        if at - times[-1] >= QUICK * period:
            times.append(at)
    return times


def _middle(values: list[float]) -> float:
    """The median (the upper one of two): cheaper than NumPy's for a few numbers."""
    return sorted(values)[len(values) // 2]


def range_of(along: FloatArray, period_s: float) -> float:
    """What the signal covers within a period and a half, in the median of all such stretches."""
    length = int(BIN_HZ * (1.5 * period_s if period_s else 5.0))
    if len(along) < length + 20:
        k = len(along) // 20
        parted = np.partition(along, (k, len(along) - 1 - k))
        return float(parted[len(along) - 1 - k] - parted[k])
    stretches = along.take(np.arange(0, len(along) - length + 1, 5)[:, None] + np.arange(length))
    ranges = np.sort(np.maximum.reduce(stretches, axis=1) - np.minimum.reduce(stretches, axis=1))
    return float(ranges[len(ranges) // 2])


def period_of(along: FloatArray) -> float:
    """Seconds after which a centred signal at 10 Hz repeats itself: first high peak of its autocorrelation, or 0."""
    n = len(along)
    spectrum = np.fft.rfft(along, 2 * n)
    ac = np.fft.irfft(spectrum * spectrum.conj())[: n // 2 + 1]
    if ac[0] <= 0:
        return 0.0
    ac = ac / ac[0] * (n / (n - np.arange(len(ac))))
    peaks = np.flatnonzero((ac[1:-1] > ac[:-2]) & (ac[1:-1] >= ac[2:])) + 1
    peaks = peaks[(peaks >= MIN_PERIOD_S * BIN_HZ) & (ac[peaks] > LIKE)]
    if not len(peaks):
        return 0.0
    first = peaks[ac[peaks] >= 0.75 * ac[peaks].max()][0]
    return float(first) / BIN_HZ


def smoothed(along: FloatArray, width: int) -> FloatArray:
    """Moving average over `width` (odd) bins; the ends repeat."""
    half, n = width // 2, len(along)
    padded = np.empty(n + 2 * half, along.dtype)
    padded[:half], padded[half : half + n], padded[half + n :] = along[0], along, along[-1]
    return np.convolve(padded, _mean_of(width), "valid")


@lru_cache(64)
def _mean_of(width: int) -> Float64Array:
    return np.full(width, 1.0 / width)
