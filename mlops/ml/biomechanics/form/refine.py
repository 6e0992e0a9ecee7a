"""A whole clip at once: points smooth in time, bones of steady length, feet that stand still while they carry.

1. A body moves in few ways at a time, its points tremble and drift each by itself: of all points from the shoulders
   down over the whole clip, the parts (singular value decomposition about the mean) that stand out from the noise are
   kept. Noise: the median singular value; what is more than twice that stands out (about the threshold of Gavish and
   Donoho 2014 for matrices that are much longer than wide).
2. Every point by penalised least squares (Whittaker 1923, Eilers 2003): Σ w (z − y)² + λ Σ (Δ²z)², weighted by
   visibility. λ by generalised cross-validation, so that a fast arm is smoothed less than a standing foot.
3. Lengths of bones in the plane of the movement change slowly; points are moved along the bones, half each, a foot
   that carries stays (three rounds).
4. A foot that is slow is fixed to where it stands.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.linalg import solveh_banded

from mlops.ml.biomechanics.form.measures import ANKLE, ELBOW, HEEL, HIP, KNEE, SHOULDER, TOE, WRIST

Floats = npt.NDArray[np.float64]
CUTOFFS_HZ = (0.6, 0.9, 1.3, 1.8, 2.5, 3.5, 5.0, 7.0)
BONE_CUTOFF_HZ, FOOT_SPEED, FOOT_CUTOFF_HZ = 0.5, 0.25, 0.3
MAX_GAP_S = 0.25
LEAST_FRAMES, STANDS_OUT = 60, 2.0
"""Shorter stretches say too little about how a body moves as a whole."""
CAUTION = 2.0
"""Times the trace in the cross-validation: the points drift as well as tremble (Kim and Gu 2004 take 1.4 for that)."""
BONES = tuple(
    (a + side, b + side)
    for a, b in ((SHOULDER, ELBOW), (ELBOW, WRIST), (SHOULDER, HIP), (HIP, KNEE), (KNEE, ANKLE), (HEEL, TOE))
    for side in (0, 1)
)


def refine(landmarks: Floats, times: Floats, aspect: float) -> Floats:
    """Landmarks (frames, 33, 4) of the same shape: x and y refined, the rest as it was; missing stays missing."""
    found = np.array(landmarks, float)
    for rows in stretches(found, times):
        if rows.stop - rows.start >= 5:
            found[rows, :, :2] = _stretch(found[rows], times[rows], aspect)
    return found


def stretches(landmarks: Floats, times: Floats) -> list[slice]:
    """Runs of frames in which somebody is seen, without a gap."""
    seen = np.isfinite(landmarks[:, :, :2]).all((1, 2))
    cuts = np.flatnonzero(np.diff(times) > MAX_GAP_S) + 1
    edges = sorted({0, len(seen), *cuts, *(np.flatnonzero(np.diff(seen)) + 1)})
    return [slice(int(a), int(b)) for a, b in pairwise(edges) if seen[a]]


def _stretch(landmarks: Floats, times: Floats, aspect: float) -> Floats:
    rate_hz = 1.0 / float(np.median(np.diff(times)))
    weight: Floats = np.square(np.clip(landmarks[:, :, 3], 0.02, 1.0), dtype=np.float64)
    points: Floats = landmarks[:, :, :2] * np.array([aspect, 1.0])
    if len(points) >= LEAST_FRAMES:
        points[:, SHOULDER:] = _together(points[:, SHOULDER:], np.median(weight[:, SHOULDER:], axis=0))
    smooth = np.stack([_best(points[:, n], weight[:, n], rate_hz) for n in range(points.shape[1])], 1)
    scale = float(np.percentile(np.linalg.norm(_mid(smooth, SHOULDER) - _mid(smooth, HIP), axis=1), 90)) or 1.0
    still = _plant_feet(smooth, points, weight, rate_hz, scale)
    _steady_bones(smooth, still, rate_hz)
    return np.asarray(smooth / (aspect, 1.0))


def _together(points: Floats, weight: Floats) -> Floats:
    """Points (frames, n, 2) of few movements at a time; weight (n,): a point that is badly seen says less."""
    share = np.sqrt(weight)[:, None]
    flat = (points * share).reshape(len(points), -1)
    mean = flat.mean(axis=0)
    ways, sizes, shapes = np.linalg.svd(flat - mean, full_matrices=False)
    kept = max(1, int((sizes > STANDS_OUT * np.median(sizes)).sum()))
    found = (ways[:, :kept] * sizes[:kept]) @ shapes[:kept] + mean
    return np.asarray(found.reshape(points.shape) / share)


def _best(y: Floats, weight: Floats, rate_hz: float) -> Floats:
    """The smoothing with the least generalised cross-validation n·RSS / (n − tr)²; y (frames, 2)."""
    n = len(y)
    waves = (2 - 2 * np.cos(np.pi * np.arange(n) / n)) ** 2
    best, least = y, np.inf
    for cutoff in CUTOFFS_HZ:
        if cutoff > 0.45 * rate_hz:
            continue
        lam = penalty(cutoff, rate_hz)
        z = smoothed(y, weight, lam)
        trace = float((1 / (1 + lam * waves)).sum())
        error = n * float((weight[:, None] * (z - y) ** 2).sum()) / max(n - CAUTION * trace, 1e-9) ** 2
        if error < least and CAUTION * trace < n:
            best, least = z, error
    return best


def penalty(cutoff_hz: float, rate_hz: float) -> float:
    """λ that halves a wave of that frequency."""
    return float(1.0 / (2.0 - 2.0 * np.cos(2.0 * np.pi * cutoff_hz / rate_hz)) ** 2)


def smoothed(y: Floats, weight: Floats, lam: float) -> Floats:
    """argmin Σ w (z − y)² + λ Σ (z[i−1] − 2 z[i] + z[i+1])², for each column of y (frames, k)."""
    n = len(y)
    bands = np.zeros((3, n))
    inner = np.arange(n - 2)
    for first, second, value in ((0, 0, 1.0), (1, 1, 4.0), (2, 2, 1.0), (0, 1, -2.0), (1, 2, -2.0), (0, 2, 1.0)):
        np.add.at(bands[2 - (second - first)], inner + second, lam * value)
    bands[2] += weight
    return np.asarray(solveh_banded(bands, weight[:, None] * y))


def _plant_feet(smooth: Floats, points: Floats, weight: Floats, rate_hz: float, scale: float) -> npt.NDArray[np.bool_]:
    """Points of feet that hardly move are smoothed much more; returns (frames, 33) where that is so."""
    still = np.zeros(smooth.shape[:2], bool)
    for joint in (ANKLE, HEEL, TOE):
        for n in (joint, joint + 1):
            slow = smoothed(points[:, n], weight[:, n], penalty(min(1.0, 0.4 * rate_hz), rate_hz))
            speed = np.linalg.norm(np.gradient(slow, axis=0), axis=1) * rate_hz / scale
            share = np.clip(2.0 - speed / FOOT_SPEED, 0.0, 1.0)[:, None]
            firm = smoothed(points[:, n], weight[:, n] * (share[:, 0] + 0.01), penalty(FOOT_CUTOFF_HZ, rate_hz))
            smooth[:, n] += share * (firm - smooth[:, n])
            still[:, n] = share[:, 0] > 0.5
    return still


def _steady_bones(smooth: Floats, still: npt.NDArray[np.bool_], rate_hz: float) -> None:
    """Move points along their bones until lengths change slowly; in place."""
    even = np.ones(len(smooth))
    wanted = {}
    for a, b in BONES:
        length = np.linalg.norm(smooth[:, a] - smooth[:, b], axis=1)
        wanted[a, b] = smoothed(length[:, None], even, penalty(BONE_CUTOFF_HZ, rate_hz))[:, 0]
    for _ in range(3):
        for (a, b), length in wanted.items():
            line = smooth[:, b] - smooth[:, a]
            now = np.maximum(np.linalg.norm(line, axis=1), 1e-9)
            move = line * ((now - length) / now)[:, None] / 2
            share_b = np.where(still[:, b], 0.0, np.where(still[:, a], 2.0, 1.0))[:, None]
            share_a = np.where(still[:, a], 0.0, np.where(still[:, b], 2.0, 1.0))[:, None]
            smooth[:, a] += share_a * move / 2
            smooth[:, b] -= share_b * move / 2


def _mid(points: Floats, joint: int) -> Floats:
    return np.asarray((points[:, joint] + points[:, joint + 1]) / 2)
