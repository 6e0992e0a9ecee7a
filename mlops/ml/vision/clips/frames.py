"""Frames of a clip: evenly spread, whatever its length."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import BadShape, BadValue

Clip = npt.NDArray[np.uint8]
"""(frames, height, width, 3): red, green, blue."""
MAX_FRAMES = 2048


def checked(clip: Any) -> Clip:
    """A clip as it is. Raises BadShape, BadValue."""
    if not isinstance(clip, np.ndarray):
        raise BadValue("a clip is an array of pixels (frames, height, width, 3)")
    if clip.ndim != 4 or clip.shape[3] != 3 or 0 in clip.shape:
        raise BadShape(f"a clip is (frames, height, width, 3), not {clip.shape}")
    if clip.dtype != np.uint8:
        raise BadValue(f"pixels are uint8, from 0 to 255, not {clip.dtype}")
    if len(clip) > MAX_FRAMES:
        raise BadValue(f"a clip has at most {MAX_FRAMES} frames")
    return clip


def spread(n_frames: int, wanted: int) -> list[int]:
    """Positions of `wanted` frames, one from the middle of each equal part; some twice where there are fewer."""
    return [min(n_frames - 1, int((i + 0.5) * n_frames / wanted)) for i in range(wanted)]
