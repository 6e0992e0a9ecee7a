"""Presentation times of frames, made strictly rising; what had to be changed is told by frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

LEAST_STEP_S = 0.001
"""Between two frames: MediaPipe counts milliseconds."""
_NAMED = 5


@dataclass(frozen=True)
class Times:
    """Of all frames in their order: seconds from the first, and sentences about stamps that were changed."""

    t_s: npt.NDArray[np.float64]
    notes: tuple[str, ...]


def rising(stamps: Sequence[float | None], usual_step_s: float) -> Times:
    """Times of frames in the order in which they are shown.

    stamps        seconds; None where a frame has none
    usual_step_s  between two frames, for those without a stamp
    A frame that is not later than the one before is moved to just after it.
    """
    t_s = np.empty(len(stamps))
    missing, moved = [], []
    start = next((one for one in stamps if one is not None), 0.0)
    last = -np.inf
    for number, stamp in enumerate(stamps):
        if stamp is None:
            missing.append(number)
            at = last + usual_step_s if number else 0.0
        else:
            at = stamp - start
        if at < last + LEAST_STEP_S:
            moved.append(number)
            at = last + LEAST_STEP_S
        t_s[number] = last = at
    notes = []
    if missing:
        notes.append(f"{_frames(missing)} had no time stamp; the usual distance between frames was used.")
    if moved:
        notes.append(f"{_frames(moved)} had the same time stamp as the frame before, or an earlier one; moved by 1 ms.")
    return Times(t_s, tuple(notes))


def _frames(numbers: list[int]) -> str:
    named = ", ".join(str(one) for one in numbers[:_NAMED])
    more = len(numbers) - _NAMED
    return f"Frames {named} and {more} more" if more > 0 else f"Frame{'s' if len(numbers) > 1 else ''} {named}"
