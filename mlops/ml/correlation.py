"""Correlation of two series at every lag where both are known, and how far it goes by chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Lags:
    """values (m,) from -1 to 1 at whole lags (m,), rising: sample i of the first meets i + lag of the second.
    overlap (m,): samples known of both."""

    lags: npt.NDArray[np.int64]
    values: Floats
    overlap: Floats


def masked_correlation(x: Floats, y: Floats) -> Lags:
    """Normalised correlation of x (n,) with y (m,) at all n + m - 1 lags; NaN is unknown. By FFT."""
    n, m = len(x), len(y)
    size = 1 << (n + m - 2).bit_length()
    kx, ky = np.isfinite(x), np.isfinite(y)
    a, b = np.where(kx, x, 0.0), np.where(ky, y, 0.0)
    a = np.where(kx, a - a.sum() / max(1, kx.sum()), 0.0)
    b = np.where(ky, b - b.sum() / max(1, ky.sum()), 0.0)
    fx, fxx, fkx = (np.conj(np.fft.rfft(one, size)) for one in (a, a * a, kx.astype(float)))
    fy, fyy, fky = (np.fft.rfft(one, size) for one in (b, b * b, ky.astype(float)))

    def at_lags(product: npt.NDArray[np.complex128]) -> Floats:
        whole = np.fft.irfft(product, size)
        return np.concatenate([whole[size - (n - 1) :], whole[:m]])

    overlap = np.round(at_lags(fkx * fky))
    count = np.maximum(overlap, 1)
    sx, sy = at_lags(fx * fky), at_lags(fkx * fy)
    top = at_lags(fx * fy) - sx * sy / count
    vx = at_lags(fxx * fky) - sx * sx / count
    vy = at_lags(fkx * fyy) - sy * sy / count
    below = np.sqrt(np.maximum(vx, 0) * np.maximum(vy, 0))
    least = 1e-6 * np.sqrt(max(1e-30, float((a * a).sum() * (b * b).sum())))
    values = np.where((below > least) & (overlap > 2), top / np.maximum(below, least), 0.0)
    return Lags(np.arange(-(n - 1), m), np.clip(values, -1.0, 1.0), overlap)


def peak_between(found: Lags, allowed: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """(lag, height) of the highest allowed value, between samples by a parabola through its neighbours."""
    at = int(np.flatnonzero(allowed)[found.values[allowed].argmax()])
    height = float(found.values[at])
    if not 0 < at < len(found.values) - 1:
        return float(found.lags[at]), height
    left, right = float(found.values[at - 1]), float(found.values[at + 1])
    bend = left - 2 * height + right
    aside = 0.0 if bend >= 0 else float(np.clip(0.5 * (left - right) / bend, -0.5, 0.5))
    return float(found.lags[at]) + aside, height


def deviations(x: Floats, y: Floats, overlap: Floats) -> Floats:
    """Standard deviation (m,) of the correlation of two series like these that have nothing to do with each other, for
    overlaps (m,) in samples: √(Σ r_x(τ) r_y(τ) / overlap), over lags up to a quarter of the largest overlap."""
    most = max(2, min(int(overlap.max()) // 4, len(x) - 1, len(y) - 1))
    rx, ry = _autocorrelation(x, most), _autocorrelation(y, most)
    taper = 1 - np.arange(1, most + 1) / (most + 1)
    total = 1 + 2 * float((rx * ry * taper).sum())
    return np.asarray(np.sqrt(max(total, 1.0) / np.maximum(overlap, 1)))


def _autocorrelation(x: Floats, most: int) -> Floats:
    """At lags 1 to `most`."""
    return masked_correlation(x, x).values[len(x) : len(x) + most]
