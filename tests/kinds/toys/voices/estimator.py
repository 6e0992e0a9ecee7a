"""Letters and loudness of a clip of two tones."""

from typing import Any, ClassVar

import numpy as np

from tests.kinds.toys.linear import LinearModel

TONES_HZ = {"a": 60.0, "b": 180.0}


def loudness(clip: np.ndarray) -> float:
    """Root mean square of the samples."""
    return float(np.sqrt(np.mean(np.square(clip)) + 1e-12))


def shares(half: np.ndarray, rate_hz: int) -> list[float]:
    """How much of the power each tone has."""
    t = np.arange(len(half)) / rate_hz
    power = [abs(np.mean(half * np.exp(-2j * np.pi * hz * t))) ** 2 for hz in TONES_HZ.values()]
    return [one / (sum(power) + 1e-9) for one in power]


class Tones(LinearModel):
    """Which tone each half of a clip is, and how loud all of it."""

    name: ClassVar[str] = "toy_tones"
    title: ClassVar[str] = "Tones"
    summary: ClassVar[str] = "Power of two tones in both halves, and loudness."
    data_type: ClassVar[str] = "audio"

    def features(self, data: Any) -> np.ndarray:
        found = []
        for i in range(len(data)):
            clip = data.load(i)
            middle = len(clip) // 2
            halves = shares(clip[:middle], data.rate_hz) + shares(clip[middle:], data.rate_hz)
            found.append([*halves, np.log(loudness(clip))])
        return np.array(found).reshape(len(found), 5)
