"""From uneven samples to model input: resampling by time, sliding windows, normalisation, balancing.

The data-set builder and the live path both call these functions, so a model sees the same numbers in
training and in service.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import BadShape, BadValue, FloatArray, IntArray
from mlops.ml.spread import is_spread, least_spread

Normalisation = Literal["window", "dataset", "none"]
Balance = Literal["none", "downsample", "upsample"]

EPSILON = 1e-8
_CHUNK = 64  # windows normalised at a time: they stay in the processor's cache


@dataclass(frozen=True)
class WindowSpec:
    """How a signal becomes windows: 150 samples at 50 Hz with a stride of 50, each z-scored, by default.

    rate_hz        samples per second after resampling
    length         samples in one window
    stride         samples between the starts of neighbouring windows
    normalisation  "window": every window and channel by itself; "dataset": by the training set's scaler,
                   which keeps posture; "none"
    """

    rate_hz: float = 50.0
    length: int = 150
    stride: int = 50
    normalisation: Normalisation = "window"

    def __post_init__(self) -> None:
        if not 0.1 <= self.rate_hz <= 2000:
            raise BadValue(f"rate_hz must be between 0.1 and 2000, not {self.rate_hz}")
        if not 2 <= self.length <= 100_000:
            raise BadValue(f"a window must have 2 to 100,000 samples, not {self.length}")
        if not 1 <= self.stride <= 100_000:
            raise BadValue(f"the stride must be 1 to 100,000 samples, not {self.stride}")
        if self.normalisation not in get_args(Normalisation):
            raise BadValue(f"normalisation must be window, dataset or none, not {self.normalisation!r}")

    @property
    def duration_s(self) -> float:
        """Length of one window in seconds."""
        return self.length / self.rate_hz

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON-ready values."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> WindowSpec:
        """Make a spec of what `to_json` gave. Raises BadValue."""
        try:
            return cls(
                rate_hz=float(value["rate_hz"]),
                length=int(value["length"]),
                stride=int(value["stride"]),
                normalisation=value["normalisation"],
            )
        except (KeyError, TypeError, ValueError) as error:
            raise BadValue(f"not a window spec: {error!r}") from error


@dataclass(frozen=True)
class Segment:
    """An unbroken stretch on a uniform grid: sample k of (n, channels) lies at ``t0_s + k / rate_hz``."""

    t0_s: float
    samples: FloatArray


@dataclass(frozen=True)
class Scaler:
    """Mean and population standard deviation per channel, fitted on the training part only."""

    mean: npt.NDArray[np.float64]
    std: npt.NDArray[np.float64]

    @classmethod
    def fit(cls, samples: npt.NDArray[Any]) -> Scaler:
        """Fit on samples of shape (..., channels); at least one row."""
        rows = samples.reshape(-1, samples.shape[-1])
        if len(rows) == 0:
            raise BadShape("a scaler needs at least one sample")
        return cls(rows.mean(axis=0, dtype=np.float64), rows.std(axis=0, dtype=np.float64))

    @property
    def spread(self) -> npt.NDArray[np.float64]:
        """What a channel's distance from its mean is divided by: never less than the noise of its digits."""
        return least_spread(self.std, self.mean) + EPSILON

    @property
    def still(self) -> npt.NDArray[np.bool_]:
        """Channels that never moved."""
        return ~is_spread(self.std, self.mean, EPSILON)

    def to_json(self) -> dict[str, list[float]]:
        """Return ``{"mean": […], "std": […]}``."""
        return {"mean": self.mean.tolist(), "std": self.std.tolist()}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Scaler:
        """Make a scaler of what `to_json` gave. Raises BadValue."""
        try:
            mean = np.asarray(value["mean"], dtype=np.float64)
            std = np.asarray(value["std"], dtype=np.float64)
        except (KeyError, TypeError, ValueError) as error:
            raise BadValue(f"not a scaler: {error!r}") from error
        if mean.ndim != 1 or mean.shape != std.shape or not np.isfinite([mean, std]).all() or (std < 0).any():
            raise BadValue("a scaler needs one finite mean and one standard deviation per channel")
        return cls(mean, std)


def sliding_windows(samples: npt.NDArray[Any], length: int, stride: int) -> npt.NDArray[Any]:
    """Return all full windows of (T, C) samples as a read-only (n, length, C) view; nothing is copied."""
    if samples.ndim != 2:
        raise BadShape(f"samples must be (time, channels), not {samples.shape}")
    if len(samples) < length:
        return np.zeros((0, length, samples.shape[1]), samples.dtype)
    every = np.lib.stride_tricks.sliding_window_view(samples, length, axis=0)
    return every[::stride].swapaxes(1, 2)


def window_starts(n_samples: int, length: int, stride: int) -> IntArray:
    """Return the first sample of each window that `sliding_windows` gives."""
    return np.arange(0, n_samples - length + 1, stride, dtype=np.int64)


def interpolate(t_s: npt.NDArray[np.float64], samples: npt.NDArray[Any], at_s: npt.NDArray[np.float64]) -> FloatArray:
    """Return samples linearly interpolated at the times `at_s`; `t_s` must increase strictly."""
    out = np.empty((len(at_s), samples.shape[1]), np.float32)
    for channel in range(samples.shape[1]):
        out[:, channel] = np.interp(at_s, t_s, samples[:, channel])
    return out


def resample(
    t_s: npt.NDArray[Any],
    samples: npt.NDArray[Any],
    rate_hz: float,
    *,
    t0: float | None = None,
    max_gap_s: float = 1.0,
) -> list[Segment]:
    """Put unevenly timed samples (T, C) on a uniform grid by linear interpolation.

    The signal is cut where two neighbours lie more than `max_gap_s` apart. Each piece's grid begins at its
    own first sample, or, with `t0`, on the common grid ``t0 + k / rate_hz``. Samples are sorted by time; of
    several at one time the last wins; rows with NaN or infinity are left out, as if never measured.
    Raises BadShape.
    """
    t_s = np.asarray(t_s, dtype=np.float64)
    if samples.ndim != 2 or t_s.shape != (len(samples),):
        raise BadShape(f"{t_s.shape} times do not fit samples of {samples.shape}")
    t_s, samples = _in_order(t_s, samples)
    if len(t_s) == 0:
        return []
    cuts = np.flatnonzero(np.diff(t_s) > max_gap_s) + 1
    segments = []
    for piece in np.split(np.arange(len(t_s)), cuts):
        times = t_s[piece[0] : piece[-1] + 1]
        start = times[0]
        if t0 is not None:
            start = t0 + np.ceil((times[0] - t0) * rate_hz - 1e-6) / rate_hz
        n = int(np.floor((times[-1] - start) * rate_hz + 1e-6)) + 1
        if n < 1:
            continue
        grid = start + np.arange(n) / rate_hz
        segments.append(Segment(float(start), interpolate(times, samples[piece[0] : piece[-1] + 1], grid)))
    return segments


def normalise(windows: npt.NDArray[Any], spec: WindowSpec, scaler: Scaler | None = None) -> FloatArray:
    """Return a normalised float32 copy of (n, length, C) windows: (x − mean) / (max(std, 1e-6 · |mean|) + 1e-8).

    Mean and population standard deviation come from each window and channel, from `scaler`, or the values
    stay as they are, as `spec.normalisation` says. Raises BadShape, and BadValue when a scaler is missing.
    """
    if windows.ndim != 3:
        raise BadShape(f"windows must be (n, length, channels), not {windows.shape}")
    out = np.empty(windows.shape, np.float32)
    if spec.normalisation == "none":
        out[:] = windows
    elif spec.normalisation == "dataset":
        if scaler is None:
            raise BadValue("dataset normalisation needs a scaler")
        if scaler.mean.shape != windows.shape[2:]:
            raise BadShape(f"a scaler of {len(scaler.mean)} channels for windows of {windows.shape[2]}")
        for at in range(0, len(windows), _CHUNK):
            out[at : at + _CHUNK] = (windows[at : at + _CHUNK] - scaler.mean) / scaler.spread
    else:
        average = np.full((1, windows.shape[1]), 1.0 / windows.shape[1])
        for at in range(0, len(windows), _CHUNK):
            part = windows[at : at + _CHUNK].astype(np.float64)
            mean = average @ part  # (1, length) @ (n, length, C): faster than a mean over the middle axis
            part -= mean
            part /= least_spread(np.sqrt(average @ (part * part)), mean) + EPSILON
            out[at : at + _CHUNK] = part
    return out


def balance(y: npt.NDArray[Any], how: Balance, seed: int = 0) -> IntArray:
    """Return sorted indices into `y` after which every present class is equally frequent.

    "downsample" keeps as many of each as the rarest has; "upsample" repeats until each has as many as the
    most frequent; "none" keeps all.
    """
    if how not in get_args(Balance):
        raise BadValue(f"balance must be none, downsample or upsample, not {how!r}")
    everything = np.arange(len(y), dtype=np.int64)
    if how == "none" or len(y) == 0:
        return everything
    rng = np.random.default_rng(seed)
    members: Sequence[IntArray] = [np.flatnonzero(y == label) for label in np.unique(y)]
    picked = []
    if how == "downsample":
        n = min(len(m) for m in members)
        picked = [rng.permutation(m)[:n] for m in members]
    else:
        n = max(len(m) for m in members)
        picked = [np.concatenate([m, rng.choice(m, n - len(m))]) for m in members]
    return np.sort(np.concatenate(picked)).astype(np.int64)


def _in_order(
    t_s: npt.NDArray[np.float64], samples: npt.NDArray[Any]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[Any]]:
    """Drop rows that are not finite, sort by time, keep the last of each time."""
    finite = np.isfinite(t_s) & np.isfinite(samples).all(axis=1)
    if not finite.all():
        t_s, samples = t_s[finite], samples[finite]
    if (np.diff(t_s) > 0).all():
        return t_s, samples
    order = np.argsort(t_s, kind="stable")
    t_s, samples = t_s[order], samples[order]
    last = np.append(np.diff(t_s) > 0, True)
    return t_s[last], samples[last]
