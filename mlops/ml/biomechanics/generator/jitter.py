"""What a pose model adds: landmarks that tremble, drift, are wrong where they are hidden, and deeper than they are.

The sizes at strength 1 are chosen after MediaPipe's own: a standing person's joints tremble by about half a per cent of
body height in x and y, by three times as much in z, and by two to three times as much where they are hidden.
"""

from __future__ import annotations

import numpy as np

from mlops.ml.biomechanics.geometry import Array

TREMBLE, DRIFT, OFFSET = 0.0045, 0.004, 0.006
"""Standard deviations as shares of body height: from frame to frame, over half a second, and for the whole clip."""
HIDDEN_TIMES, DEPTH_TIMES = 2.6, 3.0
DRIFT_S = 0.35


def jittered(
    landmarks: Array, hidden: Array, rng: np.random.Generator, *, strength: float, rate_hz: float, aspect: float
) -> tuple[Array, Array]:
    """Landmarks as a pose model would give them, and their visibility (n, 33) from 0 to 1."""
    n = len(landmarks)
    visibility = np.clip(0.985 - 0.75 * hidden + 0.03 * _drifting(rng, (n, 33), rate_hz), 0.01, 1.0)
    if strength <= 0:
        return landmarks.copy(), visibility
    size = _size(landmarks, aspect)
    worse = 1 + (HIDDEN_TIMES - 1) * hidden[..., None]
    moved = rng.normal(0, TREMBLE, (n, 33, 3)) + DRIFT * _drifting(rng, (n, 33, 3), rate_hz)
    moved = moved * worse + rng.normal(0, OFFSET, (33, 3)) * (0.6 + 0.4 * worse)
    moved[..., 2] *= DEPTH_TIMES
    scale = np.array([1 / aspect, 1.0, 1 / aspect])
    found = landmarks + strength * moved * size * scale
    depth = 1 + strength * rng.normal(0, 0.12)
    found[..., 2] = found[..., 2] * np.clip(depth, 0.5, 1.5)
    return found, visibility


def _size(landmarks: Array, aspect: float) -> float:
    """About the body's height in shares of the picture's height: limbs keep their length however it is bent."""
    flat = landmarks * [aspect, 1.0, aspect]
    legs = [np.linalg.norm(flat[:, a] - flat[:, b], axis=-1) for a, b in ((23, 25), (25, 27), (24, 26), (26, 28))]
    trunk = np.linalg.norm(flat[:, [11, 12]].mean(axis=1) - flat[:, [23, 24]].mean(axis=1), axis=-1)
    return float(np.mean(sum(legs) / 2 + trunk) / 0.78)


def _drifting(rng: np.random.Generator, shape: tuple[int, ...], rate_hz: float) -> Array:
    """Noise of variance one that forgets itself in `DRIFT_S`."""
    keep = float(np.exp(-1 / (rate_hz * DRIFT_S)))
    fresh = rng.normal(0, np.sqrt(1 - keep**2), shape)
    found = np.empty(shape)
    state = rng.normal(0, 1, shape[1:])
    for i in range(shape[0]):
        state = keep * state + fresh[i]
        found[i] = state
    return found
