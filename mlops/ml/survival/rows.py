"""Rows of a table with a time to an event: what survival models learn from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import BadShape


@dataclass(frozen=True)
class SurvivalRows:
    """What was known of somebody at one moment, and how long it went well from then on.

    x         (n, features) float64, NaN for unknown
    time      (n,) float64 > 0: until the event or until following ended
    event     (n,) bool: True when the event came, False when following ended before (censored)
    groups    (n,) whose row it is; splits never tear one apart
    features  names of the columns
    """

    x: npt.NDArray[np.float64]
    time: npt.NDArray[np.float64]
    event: npt.NDArray[np.bool_]
    groups: npt.NDArray[np.str_]
    features: tuple[str, ...]

    def __post_init__(self) -> None:
        n = len(self.x)
        if self.x.ndim != 2 or self.x.shape[1] != len(self.features):
            raise BadShape(f"{len(self.features)} features but a table of {self.x.shape}")
        if self.time.shape != (n,) or self.event.shape != (n,) or self.groups.shape != (n,):
            raise BadShape(f"{n} rows but times, events or groups of another length")

    def __len__(self) -> int:
        return len(self.x)

    def take(self, which: npt.NDArray[Any]) -> SurvivalRows:
        """The rows picked by a boolean mask or an index array."""
        return SurvivalRows(self.x[which], self.time[which], self.event[which], self.groups[which], self.features)

    def within(self, horizon: float) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """(known, happened): whether the event came within `horizon`, for rows where that is known: the event
        came by then, or following lasted at least as long."""
        happened = self.event & (self.time <= horizon)
        return happened | (self.time >= horizon), happened
