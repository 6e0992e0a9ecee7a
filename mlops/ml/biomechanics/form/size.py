"""Metres out of pictures: the one scale that a known body height gives."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mlops.ml.biomechanics.form.measures import ANKLE, HIP, KNEE, SHOULDER

SHARE = 0.288 + 0.245 + 0.246
"""Trunk, thigh and shank between joint centres, as shares of the body height (Drillis and Contini 1966)."""


def m_per_unit(landmarks: npt.NDArray[np.float64], aspect: float, height_m: float | None) -> float | None:
    """Metres for one height of the picture, at the distance of the body; None without a height or a body.

    Lengths are 90th percentiles over the clip: a segment that points to the camera looks shorter, never longer.
    """
    if height_m is None:
        return None
    points = landmarks[:, :, :2] * (aspect, 1.0)
    chain = 0.0
    for a, b in ((SHOULDER, HIP), (HIP, KNEE), (KNEE, ANKLE)):
        ends = [(points[:, one] + points[:, one + 1]) / 2 for one in (a, b)]
        lengths = np.linalg.norm(ends[0] - ends[1], axis=1)
        lengths = lengths[np.isfinite(lengths)]
        if not len(lengths):
            return None
        chain += float(np.percentile(lengths, 90))
    return height_m * SHARE / chain if chain > 0 else None
