"""From uneven frames to windows by time: a gap is never closed up, and what is missing stays missing.

The data-set builder and whoever predicts from a buffer of frames call the same functions. A grid point needs only the
frames up to the first one that is not before it, so a buffer that ends there gives the same window as the whole video.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import UNLABELLED, BadShape, BadValue, FloatArray, IntArray
from mlops.ml.vision.task_columns import FLAGS
from mlops.ml.windows import Scaler, WindowSpec, window_starts

HOLD_S = 0.5
"""A value that a detector loses is the last known one for so long, then unknown."""
MAX_GAP_S = 0.5
"""Frames that lie further apart (and further than three usual distances) end a stretch."""
LEAST_SEEN = 0.5
"""Share of a window in which a detector must have found something."""
LEAST_LABELLED = 0.5
"""Share of a window that must carry its label."""
MAX_RATE_HZ = 30.0
NEAR_RATE = 0.2
"""How far, as a share of the videos' own rate, that of the grid may be from it."""


@dataclass(frozen=True)
class TaskWindow:
    """How long windows are and how far apart they start, in seconds; frames a second are near the videos' own."""

    window_s: float = 2.0
    step_s: float = 0.5

    def __post_init__(self) -> None:
        if not 0.1 <= self.window_s <= 600:
            raise BadValue(f"a window must last 0.1 to 600 seconds, not {self.window_s}")
        if not 0.01 <= self.step_s <= 600:
            raise BadValue(f"windows must start 0.01 to 600 seconds apart, not {self.step_s}")

    def grid_rate(self, usual_hz: float) -> float:
        """The rate nearest to the videos' own at which windows last exactly what was asked, and so do the steps.

        Where no rate within a fifth of their own suits both, the windows are exact and a step is the nearest number of
        whole samples. At most `MAX_RATE_HZ`, wherever that leaves two samples.
        """
        shared_s = math.gcd(round(self.window_s * 1000), round(self.step_s * 1000)) / 1000  # both are multiples of it
        n_shared = max(1, round(usual_hz * shared_s)) if shared_s else 0
        if n_shared and abs(n_shared / shared_s - usual_hz) <= NEAR_RATE * usual_hz:
            while n_shared > 1 and n_shared / shared_s > MAX_RATE_HZ:
                n_shared -= 1
            return n_shared / shared_s
        length = max(2, round(self.window_s * usual_hz))
        while length > 2 and length / self.window_s > MAX_RATE_HZ:
            length -= 1
        return length / self.window_s

    def at(self, rate_hz: float) -> WindowSpec:
        """The same in samples."""
        length, stride = max(2, round(self.window_s * rate_hz)), max(1, round(self.step_s * rate_hz))
        return WindowSpec(rate_hz=rate_hz, length=length, stride=stride, normalisation="dataset")

    def to_json(self) -> dict[str, float]:
        """The fields as JSON-ready values."""
        return asdict(self)


@dataclass(frozen=True)
class Stretch:
    """Frames without a gap, on a uniform grid: sample k lies at ``t0_s + k / rate_hz``.

    x  (n, features) float32, NaN for unknown
    y  (n,) label numbers, UNLABELLED where there is none
    """

    t0_s: float
    x: FloatArray
    y: IntArray


@dataclass(frozen=True)
class CutWindows:
    """Where the windows of a stretch begin (samples), the label of each, and how many were left out and why."""

    starts: IntArray
    y: IntArray
    n_unlabelled: int = 0
    n_unseen: int = 0


def usual_rate(times: Sequence[npt.NDArray[np.float64]]) -> float:
    """Frames a second of some videos: the median of their medians, at most 30. Raises BadValue without two frames."""
    steps = [float(np.median(step[step > 0])) for step in map(np.diff, times) if (step > 0).any()]
    if not steps:
        raise BadValue("no video has two frames at different times")
    return float(min(MAX_RATE_HZ, max(0.1, round(1.0 / float(np.median(steps)), 2))))


def on_grid(
    t: npt.NDArray[Any], x: FloatArray, y: IntArray | None, rate_hz: float, *, t0: float | None = None
) -> list[Stretch]:
    """Put frames (n, features) at uneven times on a uniform grid, cut where frames are missing.

    Between two frames values are interpolated; a value that one of them lacks is the last known one for HOLD_S, then
    NaN. A label is that of the latest frame. Frames are sorted by time; of several at one time the last wins; frames
    without a time are left out. Each stretch begins at its own first frame, or on the grid ``t0 + k / rate_hz``.
    """
    t = np.asarray(t, np.float64)
    if x.ndim != 2 or t.shape != (len(x),) or (y is not None and y.shape != t.shape):
        raise BadShape(f"{t.shape} times do not fit frames of {x.shape}")
    y = np.full(len(t), UNLABELLED, np.int64) if y is None else y
    order = np.flatnonzero(np.isfinite(t))
    if not (np.diff(t[order]) > 0).all():
        order = order[np.argsort(t[order], kind="stable")]
        order = order[np.append(np.diff(t[order]) > 0, True)]
    if len(order) == 0:
        return []
    t, x, y = t[order], held(t[order], x[order]), y[order]
    step = np.diff(t)
    usual = float(np.median(step)) if len(step) else 0.0
    cuts = np.flatnonzero(step > max(MAX_GAP_S, 3 * usual)) + 1
    found = []
    for first, end in zip([0, *cuts], [*cuts, len(t)], strict=True):
        start = t[first]
        if t0 is not None:
            start = t0 + np.ceil((start - t0) * rate_hz - 1e-6) / rate_hz
        n = int(np.floor((t[end - 1] - start) * rate_hz + 1e-6)) + 1
        if n < 1:
            continue
        at = np.clip(start + np.arange(n) / rate_hz, t[first], t[end - 1])
        found.append(Stretch(float(start), *_at(at, t[first:end], x[first:end], y[first:end])))
    return found


def held(t: npt.NDArray[np.float64], x: FloatArray) -> FloatArray:
    """Frames in which a lost value is the last known one for HOLD_S; what is older stays NaN."""
    unknown = np.isnan(x)
    if not unknown.any():
        return x
    column, row = np.nonzero(np.ascontiguousarray(unknown.T))
    begins = np.append(True, (np.diff(row) != 1) | (np.diff(column) != 0))  # of each run of lost values
    known = row[begins][np.cumsum(begins) - 1] - 1
    fresh = (known >= 0) & (t[row] - t[known] <= HOLD_S + 1e-9)
    out = x.copy()
    out[row[fresh], column[fresh]] = x[known[fresh], column[fresh]]
    return out


def _at(
    at: npt.NDArray[np.float64], t: npt.NDArray[np.float64], x: FloatArray, y: IntArray
) -> tuple[FloatArray, IntArray]:
    latest = np.clip(np.searchsorted(t, at + 1e-9, side="right") - 1, 0, len(t) - 1)
    later = np.minimum(latest + 1, len(t) - 1)
    width = t[later] - t[latest]
    share = np.divide(at - t[latest], width, out=np.zeros_like(at), where=width > 0).astype(np.float32)[:, None]
    share = np.clip(share, 0.0, 1.0)
    low, high = x[latest], x[later]
    high -= low
    high *= share
    high += low
    lost = np.isnan(high)  # by the next frame: still the last known value
    high[lost] = low[lost]
    return high, y[latest]


def cut(stretch: Stretch, spec: WindowSpec, n_labels: int, flags: Sequence[int]) -> CutWindows:
    """The windows of a stretch whose label is plain and in which something was seen.

    flags  columns of `FLAGS` among the features
    """
    starts = window_starts(len(stretch.x), spec.length, spec.stride)
    if len(starts) == 0:
        return CutWindows(starts, starts)
    one_hot = stretch.y[:, None] == np.arange(n_labels)
    counts = _sums(one_hot, starts, spec.length)
    best = counts.argmax(axis=1).astype(np.int64) if n_labels else np.full(len(starts), UNLABELLED)
    labelled = (counts.max(axis=1) if n_labels else np.zeros(len(starts))) >= LEAST_LABELLED * spec.length
    seen = np.ones(len(starts), np.bool_)
    if len(flags):
        anything = (stretch.x[:, list(flags)] > 0.5).any(axis=1, keepdims=True)
        seen = _sums(anything, starts, spec.length)[:, 0] >= LEAST_SEEN * spec.length
    kept = labelled & seen
    return CutWindows(starts[kept], best[kept], int((~labelled).sum()), int((labelled & ~seen).sum()))


def _sums(values: npt.NDArray[Any], starts: IntArray, length: int) -> npt.NDArray[np.int64]:
    total = np.concatenate([np.zeros((1, values.shape[1]), np.int64), np.cumsum(values, axis=0, dtype=np.int64)])
    found: npt.NDArray[np.int64] = total[starts + length] - total[starts]
    return found


def flag_columns(names: Sequence[str]) -> list[int]:
    """Columns that say whether something was found."""
    return [column for column, name in enumerate(names) if name in FLAGS]


def seen_share(windows: npt.NDArray[Any], names: Sequence[str]) -> npt.NDArray[np.float64]:
    """(n,) share of each window (n, length, features) in which a detector found something; 1 where none says so."""
    flags = flag_columns(names)
    if not flags:
        return np.ones(len(windows))
    return np.asarray((windows[:, :, flags] > 0.5).any(axis=2).mean(axis=1))


def windows_of(stretch: Stretch, spec: WindowSpec, starts: IntArray) -> FloatArray:
    """(len(starts), length, features) copies of the windows that begin at `starts`."""
    found: FloatArray = stretch.x[starts[:, None] + np.arange(spec.length)]
    return found


def normalised(values: FloatArray, scaler: Scaler) -> FloatArray:
    """(…, features) z-scores, 0 (the training mean) where a value is unknown."""
    out: FloatArray = np.subtract(values, scaler.mean.astype(np.float32), dtype=np.float32)
    out /= scaler.spread.astype(np.float32)
    out[np.isnan(out)] = 0.0
    return out


def filled(windows: npt.NDArray[Any], scaler: Scaler) -> FloatArray:
    """Windows as measured, the training mean where a value is unknown."""
    return np.where(np.isnan(windows), scaler.mean.astype(np.float32), windows).astype(np.float32)


class ScalerSums:
    """A `Scaler` of windows that are never together in memory; unknown values do not count."""

    def __init__(self, n_features: int) -> None:
        self.n_windows = 0
        self.n = np.zeros(n_features)
        self.total = np.zeros(n_features)
        self.squares = np.zeros(n_features)
        self.weight = 0

    def add(self, stretch: Stretch, starts: IntArray, length: int) -> None:
        """Count the windows of a stretch that begin at `starts`, each sample as often as it lies in one."""
        if len(starts) == 0:
            return
        edges = np.zeros(len(stretch.x) + 1, np.int64)
        np.add.at(edges, starts, 1)
        np.add.at(edges, starts + length, -1)
        weight = np.cumsum(edges)[:-1].astype(np.float64)
        used = weight > 0
        x, weight = stretch.x[used].astype(np.float64), weight[used]
        known = np.isfinite(x)
        x[~known] = 0.0
        self.n += weight @ known
        self.total += weight @ x
        self.squares += weight @ (x * x)
        self.weight += len(starts) * length
        self.n_windows += len(starts)

    def scaler(self) -> Scaler:
        """Mean and population standard deviation; 0 for a feature that nothing knows. Raises BadShape."""
        if not self.n_windows:
            raise BadShape("a scaler needs at least one window")
        n = np.maximum(self.n, 1)
        mean = self.total / n
        return Scaler(mean, np.sqrt(np.maximum(self.squares / n - mean * mean, 0.0)))

    def missing(self, names: Sequence[str]) -> dict[str, float]:
        """Share of the samples of training windows that lack each feature, where any does."""
        shares = 1.0 - self.n / max(1, self.weight)
        return {name: round(float(share), 4) for name, share in zip(names, shares, strict=True) if share > 0}

