"""What is a spread, and what is only the rounding of the digits that a number is kept in."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

NOISE = 1e-6
"""A spread below this share of the values' size is rounding (float32 keeps seven digits), and no movement."""


def least_spread(std: npt.NDArray[Any], size: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Return the spreads, each raised to the noise of values of that size: what one may divide by."""
    return np.maximum(std, NOISE * np.abs(size))


def is_spread(std: npt.NDArray[Any], size: npt.NDArray[Any], least: float) -> npt.NDArray[np.bool_]:
    """Whether values of that size differ at all: by more than their noise, and more than `least`."""
    return np.asarray(std > np.maximum(least, NOISE * np.abs(size)))
