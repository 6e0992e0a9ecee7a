"""Score, angles, form and risk of a repetition from its landmarks."""

from typing import Any, ClassVar

import numpy as np

from tests.kinds.toys.linear import LinearModel


class Postures(LinearModel):
    """Mean and spread of each coordinate."""

    name: ClassVar[str] = "toy_postures"
    title: ClassVar[str] = "Postures"
    summary: ClassVar[str] = "Mean and spread of every coordinate over a repetition."
    data_type: ClassVar[str] = "sequences"

    def features(self, data: Any) -> np.ndarray:
        found = [posture(data.load(i)) for i in range(len(data))]
        return np.array(found).reshape(len(found), -1)


def posture(frames: np.ndarray) -> np.ndarray:
    """(16,) of (frames, 4, 2) landmarks."""
    flat = frames.reshape(len(frames), -1).astype(np.float64)
    return np.concatenate([flat.mean(axis=0), flat.std(axis=0)])
