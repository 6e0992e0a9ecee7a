"""Poses as they come, one frame after the other → the windows that a feature file of the same frames would give.

Only the last frames are kept. Features are made by the functions that make those of a file (`video.table`,
`task_features`), and put on the grid by the one that a data set uses (`task_windows`); a test compares both ways.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import BadShape, BadValue, FloatArray
from mlops.ml.vision.task_columns import N_LANDMARKS, FeaturePlan
from mlops.ml.vision.task_features import frame_features
from mlops.ml.vision.task_windows import HOLD_S, LEAST_SEEN, MAX_GAP_S, on_grid, seen_share, windows_of
from mlops.ml.vision.video.gaps import SHORT_S, fill_short
from mlops.ml.vision.video.rows import HANDS
from mlops.ml.vision.video.table import Subject, found_columns, measures
from mlops.ml.windows import WindowSpec

POSE = (N_LANDMARKS, 4)
"""x, y as shares of width and height, z, visibility; NaN where nobody is in view."""
MARGIN_S = HOLD_S + SHORT_S + 0.25
"""Kept before a window: what is held, filled or needed for a speed reaches back no further."""
MAX_WINDOW_S = 30.0
MAX_FRAMES = 4096
"""In the buffer; the oldest give way."""
_EDGE_S = 1e-6


@dataclass(frozen=True)
class LiveWindow:
    """start_s: of its first sample; x (length, features) as measured, NaN for unknown; is_seen: somebody was in view
    for long enough to say something."""

    start_s: float
    x: FloatArray
    is_seen: bool


class LiveTask:
    """The rolling buffer of one camera. Raises BadValue for a model that looks too far back.

    size  width and height of the pictures
    """

    def __init__(self, plan: FeaturePlan, spec: WindowSpec, size: tuple[int, int]) -> None:
        if spec.duration_s > MAX_WINDOW_S:
            raise BadValue(f"live windows last at most {MAX_WINDOW_S:g} s, not {spec.duration_s:g}")
        self.plan, self.spec, self.size = plan, spec, size
        self._t = np.zeros(0)
        self._pose = np.zeros((0, *POSE), np.float32)
        self._t0: float | None = None
        """Where the present stretch began: frames without a gap."""
        self._next = 0
        """First sample of the next window, counted from there."""

    def add(self, t_s: npt.NDArray[Any], pose: npt.NDArray[Any]) -> list[LiveWindow]:
        """Take frames (n,), (n, 33, 4) in their order; the windows that are complete with them.

        A frame that is not later than the one before it is left out.
        """
        t_s, pose = np.asarray(t_s, np.float64), np.asarray(pose, np.float32)
        if pose.shape != (len(t_s), *POSE) or not np.isfinite(t_s).all():
            raise BadShape(f"{t_s.shape} times do not fit poses of {pose.shape}")
        found: list[LiveWindow] = []
        for t, one in zip(t_s.tolist(), pose, strict=True):
            if len(self._t) and t <= self._t[-1]:
                continue
            if self._t0 is None or self._is_gap(t):
                found += self._windows(is_over=True)
                self._t, self._pose = self._t[-1:], self._pose[-1:]
                self._t0, self._next = t, 0
            self._t = np.append(self._t, t)
            self._pose = np.concatenate([self._pose, one[None]])
            if self._next_end() <= self._settled() + _EDGE_S:
                found += self._windows()
        return found

    def _is_gap(self, t: float) -> bool:
        usual = float(np.median(np.diff(self._t))) if len(self._t) > 2 else 0.0
        return bool(t - self._t[-1] > max(MAX_GAP_S, 3 * usual))

    def _next_end(self) -> float:
        assert self._t0 is not None
        return self._t0 + (self._next + self.spec.length - 1) / self.spec.rate_hz

    def _settled(self) -> float:
        """Up to when nothing changes any more: a short gap is filled as soon as somebody is in view again."""
        seen = np.flatnonzero(np.isfinite(self._pose[:, 0, 0]))
        last = int(seen[-1]) if len(seen) else -1
        if last in (-1, len(self._t) - 1) or self._t[-1] - self._t[last + 1] > SHORT_S + 1e-9:
            return float(self._t[-1])
        return float(self._t[last])

    def _windows(self, *, is_over: bool = False) -> list[LiveWindow]:
        """Those that are complete; is_over: nothing follows in this stretch."""
        if self._t0 is None or not len(self._t):
            return []
        until = float(self._t[-1]) if is_over else self._settled()
        if self._next_end() > until + _EDGE_S:
            return []
        rate, length = self.spec.rate_hz, self.spec.length
        stretch = on_grid(self._t, self._features(), None, rate, t0=self._t0)[-1]
        offset = round((stretch.t0_s - self._t0) * rate)
        found = []
        while self._next_end() <= until + _EDGE_S and self._next - offset + length <= len(stretch.x):
            if self._next >= offset:
                (x,) = windows_of(stretch, self.spec, np.array([self._next - offset]))
                is_seen = bool(seen_share(x[None], self.plan.names)[0] >= LEAST_SEEN)
                found.append(LiveWindow(self._t0 + self._next / rate, x, is_seen))
            self._next += self.spec.stride
        self._forget()
        return found

    def _forget(self) -> None:
        assert self._t0 is not None
        needed_s = self._t0 + self._next / self.spec.rate_hz - MARGIN_S
        first = max(int(np.searchsorted(self._t, needed_s)) - 1, len(self._t) - MAX_FRAMES, 0)
        self._t, self._pose = self._t[first:], self._pose[first:]

    def _features(self) -> FloatArray:
        """(frames, features) of the buffer, as of a feature file with these frames."""
        import pyarrow as pa

        pose = self._pose.copy()
        is_filled = fill_short(pose, np.isfinite(pose[:, 0, 0]), self._t)
        subject = Subject(pose, np.full((len(pose), *HANDS), np.nan, np.float32), is_filled, True)
        columns = found_columns(subject, measures(subject, self._t, self.size, None), None, slice(None))
        texts = {name: pa.array(values, pa.string()) for name, values in columns.items() if isinstance(values, list)}
        return frame_features(pa.table({**columns, **texts}), self.plan, self.size[0] / self.size[1])
