"""Landmarks as a pose model gives them → what the form model takes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mlops.ml.biomechanics.geometry import ANGLES
from mlops.ml.contract import BadShape, BadValue
from mlops.ml.vision.pose import LANDMARKS

RATE_HZ = 6.0
LEAST_FRAMES, MOST_FRAMES = 4, 180
N_LANDMARKS = 33


def _exchanged(names: Sequence[str]) -> list[int]:
    """Where the same stands on the other side."""
    other = [name.replace("left", "*").replace("right", "left").replace("*", "right") for name in names]
    return [list(names).index(name) for name in other]


MIRROR, SWAPPED = _exchanged(LANDMARKS), _exchanged(list(ANGLES))
"""Positions of landmarks, and of joint angles, in a mirror."""


def prepared(landmarks: npt.ArrayLike, times: npt.ArrayLike, aspect: float) -> npt.NDArray[np.float32]:
    """(m, 33, 3) at 6 frames a second, one unit along every axis (the height of the picture). Each frame is the mean of
    those within half a step of it, so that jitter evens out; where there is none, it lies between its neighbours.

    landmarks  (n, 33, 3) shares of width and height and MediaPipe's z, of one repetition from its start to its end
    times      (n,) seconds, growing
    aspect     width / height of the picture

    Raises BadShape, BadValue.
    """
    points, t = np.asarray(landmarks, np.float64), np.asarray(times, np.float64)
    if points.ndim != 3 or points.shape[1:] != (N_LANDMARKS, 3) or t.shape != points.shape[:1]:
        raise BadShape(f"landmarks must be (frames, {N_LANDMARKS}, 3) with a time each, not {points.shape}")
    if len(points) < 2 or not np.isfinite(points).all() or not np.isfinite(t).all() or (np.diff(t) <= 0).any():
        raise BadValue("a repetition has finite landmarks at growing times")
    if not 0.1 <= aspect <= 10:
        raise BadValue(f"no picture is {aspect:g} times as wide as high")
    n = int((t[-1] - t[0]) * RATE_HZ + 1e-6) + 1
    if not LEAST_FRAMES <= n <= MOST_FRAMES:
        raise BadValue(f"a repetition lasts {LEAST_FRAMES / RATE_HZ:g} to {MOST_FRAMES / RATE_HZ:g} s")
    wanted = t[0] + np.arange(n) / RATE_HZ
    near = (np.abs(t[None] - wanted[:, None]) <= 0.5 / RATE_HZ).astype(np.float64)
    counts = near.sum(axis=1)
    after = np.clip(np.searchsorted(t, wanted, side="right"), 1, len(t) - 1)
    share = np.clip((wanted - t[after - 1]) / (t[after] - t[after - 1]), 0.0, 1.0)[:, None, None]
    between = points[after - 1] * (1 - share) + points[after] * share
    means = np.einsum("mn,njc->mjc", near, points) / np.maximum(counts, 1)[:, None, None]
    found = np.where(counts[:, None, None] > 0, means, between)
    return np.asarray(found * [aspect, 1.0, aspect], np.float32)


def mirrored(x: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The same repetition in a mirror: (…, 33, 3) with left and right exchanged."""
    return np.asarray(x[..., MIRROR, :] * np.array([-1, 1, 1], np.float32), np.float32)


