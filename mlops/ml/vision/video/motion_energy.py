"""How much a body moves in a video: the speed of its joints."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mlops.ml.alignment import MotionCurve, motion_curve
from mlops.ml.vision.video.kinematics import MIN_VISIBILITY

JOINTS = (*range(11, 17), *range(23, 29))
"""Shoulders, elbows, wrists, hips, knees, ankles: what moves by itself and is found well."""
STILL = 0.05
"""Picture heights a second: jitter of landmarks of a body at rest stays below."""
_SMOOTH_S = 0.1
_RATE_HZ = 25.0
_HOLE_S = 0.5


def motion_of_landmarks(t_s: npt.NDArray[np.float64], pose: npt.NDArray[np.floating], aspect: float) -> MotionCurve:
    """The mean speed of the visible joints in picture heights a second.

    t_s     (rows,) seconds, rising
    pose    (rows, 33, ≥ 4): x and y as shares of the picture, z, visibility; NaN where nobody is
    aspect  width of the picture by its height
    """
    points = pose[:, JOINTS, :2].astype(float) * (aspect, 1.0)
    points[~(pose[:, JOINTS, 3] >= MIN_VISIBILITY)] = np.nan
    if len(t_s) < 3:
        return motion_curve(t_s, np.full(len(t_s), np.nan), STILL)
    grid = np.arange(t_s[0], t_s[-1], 1 / _RATE_HZ)
    speeds = [_speed(grid, t_s, points[:, n]) for n in range(len(JOINTS))]
    stacked = np.stack(speeds)
    known = np.isfinite(stacked)
    mean = np.where(known, stacked, 0.0).sum(0) / np.maximum(known.sum(0), 1)
    return motion_curve(grid, np.where(known.sum(0) >= 2, mean, np.nan), STILL)


def _speed(
    grid: npt.NDArray[np.float64], t_s: npt.NDArray[np.float64], place: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """(n,) speed of one joint (rows, 2) on an even grid: positions smoothed by a Gaussian, then differentiated."""
    seen = np.isfinite(place).all(1)
    nothing = np.full(len(grid), np.nan)
    if seen.sum() < 3:
        return nothing
    t, at = t_s[seen], place[seen]
    after = np.clip(np.searchsorted(t, grid), 1, len(t) - 1)
    is_open = (t[after] - t[after - 1] > _HOLE_S) | (grid < t[0]) | (grid > t[-1])
    even = np.stack([np.interp(grid, t, at[:, k]) for k in (0, 1)])
    reach = int(4 * _SMOOTH_S * _RATE_HZ)
    bell = np.exp(-0.5 * (np.arange(-reach, reach + 1) / (_SMOOTH_S * _RATE_HZ)) ** 2)
    bell /= bell.sum()
    smooth = np.stack([np.convolve(np.pad(one, reach, mode="edge"), bell, "valid") for one in even])
    speed = np.hypot(*np.gradient(smooth, 1 / _RATE_HZ, axis=1))
    return np.where(is_open, np.nan, speed)
