"""Does a recording hold the same signal as another one? Told by the signal itself, not by its file.

A fingerprint is the course of each sensor and a detail of it. The course: the means of its axes over 64 to 127
stretches of a length that doubles with the recording's. The detail: the steps between 129 samples in a row, where the
noise of that one moment shows, so that two people in step are not taken for one. Both without their means, as whole
numbers of one byte. Digits, a factor between units, another rate (then the detail is not compared), another start, a
few samples less at the end, another person or device name change next to nothing in them.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.sensors.layouts import Layout
from mlops.ml.sensors.readers.words import read_name
from mlops.ml.sensors.recording_file import iter_range, read_info

LEAST_PARTS = 64
ALIKE, ALIKE_DETAIL = 0.995, 0.9
"""Correlations from which on two courses and two details are the same; rounding to the size of the noise keeps 0.96."""
DETAIL = 128
DETAIL_AT = 16
"""The detail begins with this stretch."""
LAGS = 3
LENGTH_TOLERANCE = 0.02
LEAST_SAMPLES = 32
_FLAT = 1e-6
Float64Array = npt.NDArray[np.float64]
Pieces = Iterable[tuple[npt.NDArray[Any], npt.NDArray[Any]]]


def recording_fingerprint(path: Path) -> dict[str, str]:
    """Return the fingerprint of a stored recording; raises BadArtifact."""
    info = read_info(path)
    if info.n_samples < LEAST_SAMPLES:
        return {}
    return signal_fingerprint(iter_range(path), info.duration_s, info.layout)


def signal_fingerprint(pieces: Pieces, duration_s: float, layout: Layout) -> dict[str, str]:
    """Return sensor → "exponent:axes:course:rate:detail" for (t (n,) from 0 on, samples (n, channels)) in pieces.

    The stretches are 2^exponent seconds long. Sensors whose signal never changes are left out.
    """
    if duration_s <= 0:
        return {}
    exponent = math.floor(math.log2(duration_s / LEAST_PARTS) + 1e-9)
    width = 2.0**exponent
    edges = width * np.arange(1, math.floor(duration_s / width + 1e-6) + 1)
    at_edges = np.zeros((len(edges), layout.n_channels))
    total = np.zeros(layout.n_channels)
    last_t: float | None = None
    last_x = total
    detail_t, detail_x = np.zeros(0), np.zeros((0, layout.n_channels))
    for t, x in pieces:
        times, values = np.asarray(t, np.float64), np.asarray(x, np.float64)
        if len(detail_t) <= DETAIL:
            own = np.flatnonzero(times >= DETAIL_AT * width)[: DETAIL + 1 - len(detail_t)]
            detail_t, detail_x = np.append(detail_t, times[own]), np.vstack([detail_x, values[own]])
        if last_t is not None:
            times, values = np.concatenate([[last_t], times]), np.vstack([last_x, values])
        areas = np.diff(times)[:, None] * (values[1:] + values[:-1]) / 2
        running = np.vstack([total, total + np.cumsum(areas, axis=0)])
        inside = (edges > times[0]) & (edges <= times[-1] + 1e-6)
        for column in range(layout.n_channels):
            at_edges[inside, column] = np.interp(edges[inside], times, running[:, column])
        total, last_t, last_x = running[-1], float(times[-1]), values[-1]
    course = np.diff(at_edges, axis=0, prepend=0.0) / width
    rate = (len(detail_t) - 1) / max(float(detail_t[-1] - detail_t[0]), 1e-9) if len(detail_t) > 1 else 0.0
    found = {}
    for sensor, columns in _sensors(layout).items():
        numbers = _bytes(course[:, columns])
        if numbers:
            steps = _bytes(np.diff(detail_x[:, columns], axis=0))
            found[sensor] = f"{exponent}:{len(columns)}:{numbers}:{rate:.4g}:{steps}"
    return found


def _bytes(values: Float64Array) -> str:
    """Base64 of (n, axes) without the means of the axes, largest 127; "" for what never changes."""
    if not len(values):
        return ""
    moved = values - values.mean(axis=0)
    largest = float(np.abs(moved).max())
    if largest <= _FLAT * max(float(np.abs(values).max()), 1e-12):
        return ""
    return base64.b64encode(np.round(moved * 127 / largest).astype(np.int8).tobytes()).decode("ascii")


def _sensors(layout: Layout) -> dict[str, list[int]]:
    """The channels that share a unit and a factor, by sensor (acc, u2.gyr) or unit."""
    found: dict[str, list[int]] = {}
    for column, channel in enumerate(layout.channels):
        device, _, bare = channel.name.rpartition(".")
        name = read_name(bare)
        sensor = name.sensor if name.axis else channel.unit or bare
        found.setdefault(f"{device}.{sensor}" if device else sensor, []).append(column)
    return found


def same_signal(first: Mapping[str, str], second: Mapping[str, str]) -> bool:
    """True when every sensor that two recordings of about one length share has the same course in both.

    Where they share none by name, one sensor of the same kind on another device is enough.
    """
    shared = set(first) & set(second)
    if shared:
        return all(_alike(first[sensor], second[sensor]) for sensor in shared)
    return any(
        one.rpartition(".")[2] == other.rpartition(".")[2] and _alike(first[one], second[other])
        for one in first
        for other in second
    )


def _alike(first: str, second: str) -> bool:
    a, b = _Print.read(first), _Print.read(second)
    return _course_correlation(a, b) >= ALIKE and _detail_correlation(a, b) >= ALIKE_DETAIL


@dataclass(frozen=True)
class _Print:
    """One sensor of a fingerprint: course and detail (n, axes)."""

    exponent: int
    course: Float64Array
    rate: float
    detail: Float64Array

    @classmethod
    def read(cls, text: str) -> _Print:
        exponent, n_axes, course, rate, detail = text.split(":")
        both = [
            np.frombuffer(base64.b64decode(part), np.int8).astype(np.float64).reshape(-1, int(n_axes))
            for part in (course, detail)
        ]
        return cls(int(exponent), both[0], float(rate), both[1])


def _course_correlation(first: _Print, second: _Print) -> float:
    """Correlation over the stretches that both courses have."""
    a, b = first.course, second.course
    if a.shape[1] != b.shape[1] or abs(first.exponent - second.exponent) > 1:
        return 0.0
    if first.exponent != second.exponent:  # lengths just around a doubling: the finer one is joined in pairs
        a, b = (_halved(a), b) if first.exponent < second.exponent else (a, _halved(b))
    n = min(len(a), len(b))
    if n < LEAST_PARTS // 2 - 1 or n < (1 - 2 * LENGTH_TOLERANCE) * max(len(a), len(b)) - 1:
        return 0.0
    return _correlation(a[:n], b[:n])


def _detail_correlation(first: _Print, second: _Print) -> float:
    """The best correlation of the details within a few samples; 1 where they cannot be compared."""
    a, b = first.detail, second.detail
    same_place = first.exponent == second.exponent and abs(first.rate - second.rate) <= 0.02 * first.rate
    n = min(len(a), len(b)) - 2 * LAGS
    if not same_place or n < 16:
        return 1.0
    return max(_correlation(a[LAGS : LAGS + n], b[lag : lag + n]) for lag in range(2 * LAGS + 1))


def _correlation(a: Float64Array, b: Float64Array) -> float:
    a, b = a - a.mean(axis=0), b - b.mean(axis=0)
    size = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / size if size else 0.0


def _halved(course: Float64Array) -> Float64Array:
    n = len(course) // 2 * 2
    return np.asarray(course[:n].reshape(-1, 2, course.shape[1]).mean(axis=1))
