"""How much a sensor moves: how fast it turns, and how fast its acceleration changes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mlops.ml.alignment import MotionCurve, motion_curve
from mlops.ml.sensors.triads import GRAVITY, find_norms, find_triads

Floats = npt.NDArray[np.float64]
STILL = 0.1
"""rad/s: noise and sway of a body at rest stay below."""
RATE_HZ = 50.0
_SMOOTH_S = 0.08
_ANGLES = {"rad": 1.0, "°": np.pi / 180, "deg": np.pi / 180}


def motion_of_samples(
    t_s: npt.NDArray[np.float64], samples: npt.NDArray[np.floating], channels: Sequence[tuple[str, str]]
) -> MotionCurve:
    """Motion in rad/s, the mean over what the layout measures; a curve without values where it measures no motion.

    A turning rate counts as it is, an angle by its change, acceleration by its change through g: that is how fast
    gravity turns in the sensor. All are limited to what a body does, below about 3 Hz.

    t_s       (n,) seconds, rising
    samples   (n, channels)
    channels  (name, unit) of each
    """
    if len(t_s) < 3:
        return motion_curve(np.zeros(0), np.zeros(0), STILL)
    parts = _parts(channels)
    grid = np.arange(t_s[0], t_s[-1], 1 / RATE_HZ)
    curves = [_length(_even(grid, t_s, samples[:, columns]) * scale, changes) for columns, scale, changes in parts]
    if not curves:
        return motion_curve(np.zeros(0), np.zeros(0), STILL)
    energy = np.mean(curves, axis=0)
    after = np.clip(np.searchsorted(t_s, grid), 1, len(t_s) - 1)
    energy[t_s[after] - t_s[after - 1] > 0.5] = np.nan
    return motion_curve(grid, energy, STILL)


def _parts(channels: Sequence[tuple[str, str]]) -> list[tuple[list[int], float, bool]]:
    """(columns, scale, whether their change counts) of everything that tells of motion."""
    scales = {"gyr": (1.0, False), "acc": (1 / GRAVITY, True)}
    found = [(list(one.columns), one.scale * scales[one.kind][0], scales[one.kind][1])
             for one in find_triads(channels) if one.kind in scales]  # fmt: skip
    found += [([column], scale / GRAVITY, True) for column, scale in find_norms(channels)]
    for unit, scale in _ANGLES.items():
        columns = [number for number, (_, own) in enumerate(channels) if own == unit]
        if columns:
            found.append((columns, scale / np.sqrt(len(columns)), True))
    return found


def _even(grid: Floats, t_s: Floats, values: npt.NDArray[np.floating]) -> Floats:
    """(n, columns) on an even grid, smoothed by a Gaussian; unknown samples are bridged."""
    reach = int(4 * _SMOOTH_S * RATE_HZ)
    bell = np.exp(-0.5 * (np.arange(-reach, reach + 1) / (_SMOOTH_S * RATE_HZ)) ** 2)
    bell /= bell.sum()
    out = np.zeros((len(grid), values.shape[1]))
    for column, one in enumerate(values.T.astype(float)):
        known = np.isfinite(one)
        if known.sum() >= 2:
            even = np.interp(grid, t_s[known], one[known])
            out[:, column] = np.convolve(np.pad(even, reach, mode="edge"), bell, "valid")
    return out


def _length(values: Floats, changes: bool) -> Floats:
    """(n,) length of the vector, or of its change a second."""
    rates = np.gradient(values, 1 / RATE_HZ, axis=0) if changes else values
    return np.asarray(np.linalg.norm(rates, axis=1))
