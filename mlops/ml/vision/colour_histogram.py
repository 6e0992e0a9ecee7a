"""Features of photos without any weights: how much of which colour there is. The fallback of `image_features`."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

BINS = (12, 4, 4)
"""Of hue, saturation and brightness."""
N_FEATURES = BINS[0] * BINS[1] * BINS[2]


def colour_histogram(photos: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Photos (n, height, width, 3) → (n, 192): square roots of the shares of each colour (Hellinger), of length 1."""
    from PIL.Image import fromarray

    found = np.empty((len(photos), N_FEATURES), np.float32)
    for number, photo in enumerate(photos):
        hsv = np.asarray(fromarray(photo).convert("HSV"), np.int64).reshape(-1, 3)
        hue, saturation, brightness = (hsv * BINS // 256).T
        bins = (hue * BINS[1] + saturation) * BINS[2] + brightness
        found[number] = np.sqrt(np.bincount(bins, minlength=N_FEATURES) / len(hsv))
    return found
