"""Raw statistics of windows of a signal: what drift of a sensor model's inputs is told from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import BadShape, FloatArray

STATISTICS = ("mean", "std", "min", "max", "pace")
PACE_LAG_S = 0.2


def window_statistics(windows: npt.NDArray[Any], rate_hz: float) -> FloatArray:
    """Return (n, channels × 5): mean, std, min, max and pace of each channel of raw (n, length, channels) windows.

    The pace is the mean absolute change over 0.2 s, in standard deviations of the window: it tells a wrong clock or
    quicker movements, which the other four hide, and noise of the sensor hardly moves it. 0 for a still channel.
    """
    if windows.ndim != 3 or windows.shape[1] < 2:
        raise BadShape(f"windows must be (n, length, channels), not {windows.shape}")
    x = np.asarray(windows, np.float32)
    parts = [x.mean(axis=1), x.std(axis=1), x.min(axis=1), x.max(axis=1)]
    lag = min(max(1, round(PACE_LAG_S * rate_hz)), x.shape[1] - 1)
    change = np.abs(x[:, lag:] - x[:, :-lag]).mean(axis=1)
    parts.append(np.divide(change, parts[1], out=np.zeros_like(change), where=parts[1] > 1e-6))
    return np.stack(parts, axis=2).reshape(len(x), -1).astype(np.float32)


def statistic_names(channels: Sequence[str]) -> list[str]:
    """Names of the columns of `window_statistics`: "acceleration pace"."""
    return [f"{channel} {statistic}" for channel in channels for statistic in STATISTICS]
