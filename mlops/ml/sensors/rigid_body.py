"""Do an accelerometer and a gyroscope on one device agree? A check by physics, without knowing the movement.

Gravity, seen from a turning device, turns the other way: da/dt = −ω × a for a slow movement (the transport theorem;
Savage, Strapdown Analytics, 2000). A swapped or mirrored axis breaks this relation and the right permutation of axes
mends it; a wrong gain of the gyroscope shows as a slope other than one. The sums that are kept are enough to judge all
signed permutations of the accelerometer's axes at any time.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations, product

import numpy as np
import numpy.typing as npt

from mlops.ml.sensors.triads import GRAVITY

Float64Array = npt.NDArray[np.float64]

HALF_LIFE_S = 90.0
QUASI_STATIC = 2.5
"""Seconds in which the acceleration is further from gravity than this (m/s²) say little about directions."""
OVER_S = 0.5
"""Changes are compared over this time: what pushes the device to and fro meanwhile cancels out."""
MIN_TURNING = 100.0
"""Sum of |∫ ω × a|² ((m/s²)², bins of 0.1 s) below which nothing is said: a few movements of a limb."""
_LEVI = np.zeros((3, 3, 3))
for _i, _j, _k in permutations(range(3)):
    _LEVI[_i, _j, _k] = (_j - _i) * (_k - _j) * (_k - _i) / 2


def _signed_permutations() -> Float64Array:
    """(24, 3, 3): up to a common sign, which the relation cannot see; the identity first."""
    found = []
    for order in permutations(range(3)):
        for signs in product((1, -1), repeat=3):
            if signs[0] > 0:
                matrix = np.zeros((3, 3))
                for row, (column, sign) in enumerate(zip(order, signs, strict=True)):
                    matrix[row, column] = sign
                found.append(matrix)
    return np.stack(found)


PERMUTATIONS = _signed_permutations()
_CROSS = np.einsum("ijk,nkq->nijq", -_LEVI, PERMUTATIONS)  # (−ω × P a)_i = Σ CROSS[n, i, j, q] ω_j a_q
_TO_MIXED = np.einsum("nip,nijq->npjq", PERMUTATIONS, _CROSS).reshape(len(PERMUTATIONS), 27)
_TO_TURNING = np.einsum("nijq,nilm->njqlm", _CROSS, _CROSS).reshape(len(PERMUTATIONS), 81)


@dataclass(frozen=True)
class Agreement:
    """as_worn, best: correlations of the two sides for the axes as they are and for the best permutation `matrix`.

    slope is that of the axes as they are: the accelerometer's turning over the gyroscope's.
    """

    as_worn: float
    best: float
    matrix: Float64Array
    slope: float


class RigidBody:
    """The running sums of one pair of sensors; forgets with a half-life of 90 s."""

    def __init__(self) -> None:
        self._change = 0.0  # Σ |da|²
        self._mixed = np.zeros((3, 3, 3))  # Σ da_i ω_j a_q
        self._turning = np.zeros((9, 9))  # Σ (ω_j a_q)(ω_l a_m)

    def add(self, acc: Float64Array, gyr: Float64Array, step_s: float) -> None:
        """Take neighbouring bins: (n, 3) m/s² and rad/s, `step_s` apart."""
        length = np.sqrt(np.einsum("ij,ij->i", acc, acc))
        typical = float(np.median(length))
        products = (gyr[:, :, None] * acc[:, None, :]).reshape(-1, 9)
        turned = np.cumsum(0.5 * (products[1:] + products[:-1]), axis=0) * step_s
        over = max(1, round(OVER_S / step_s))
        quiet = np.abs(length - typical) < QUASI_STATIC * max(typical, 1e-6) / GRAVITY
        keep = quiet[over + 1 :] & quiet[1:-over]
        change = (acc[over + 1 :] - acc[1:-over])[keep]
        products = (turned[over:] - turned[:-over])[keep]
        fade = 0.5 ** (len(acc) * step_s / HALF_LIFE_S)
        self._change = self._change * fade + float(np.vdot(change, change))
        self._mixed = self._mixed * fade + (change.T @ products).reshape(3, 3, 3)
        self._turning = self._turning * fade + products.T @ products

    def agreement(self) -> Agreement | None:
        """How well the two agree; None while the device has hardly turned."""
        turning = _TO_TURNING @ self._turning.ravel()
        if turning[0] < MIN_TURNING or self._change <= 0:
            return None
        mixed = _TO_MIXED @ self._mixed.ravel()
        agree = mixed / np.sqrt(np.maximum(turning, 1e-12) * self._change)
        best = int(agree.argmax())
        return Agreement(float(agree[0]), float(agree[best]), PERMUTATIONS[best], float(mixed[0] / turning[0]))
