"""What no sensor can measure: the largest size of a channel by its unit.

Bounds are far beyond what worn sensors give (accelerometers to ±200 g, gyroscopes to ±4,000 °/s, magnetometers beside a
magnet), so that a value outside says that a column, a unit or a line is wrong.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import IntArray, UnreadableInput
from mlops.ml.sensors.layouts import Channel
from mlops.ml.sensors.readers.plan import Float64Array, IssueLog, ReadPlan
from mlops.ml.sensors.readers.unit_names import factor_between, family_of

_MOST = {"acc": ("m/s²", 2000.0), "rate": ("rad/s", 75.0), "angle": ("rad", 8 * math.pi), "mag": ("µT", 10_000.0)}
_BY_NAME = {"bpm": 300.0, "rr": 10_000.0}
_SHARE = 0.005
"""Beyond this share of lines outside it is no glitch: the file is read by the wrong columns or units."""
_FEW = 5


def limit_of(channel: Channel) -> float:
    """Return the largest size of a channel in its own unit; 0 where nothing is known."""
    bare = channel.name.rpartition(".")[2]
    if bare in _BY_NAME and channel.unit in ("1/min", "ms"):
        return _BY_NAME[bare]
    family = family_of(channel.unit)
    if family not in _MOST:
        return 0.0
    unit, most = _MOST[family]
    factor = factor_between(unit, channel.unit)
    return most * factor if factor else 0.0


def limits_of(channels: Sequence[Channel]) -> tuple[float, ...]:
    """Return the limits of all channels of a layout."""
    return tuple(limit_of(channel) for channel in channels)


class RangeCheck:
    """Leaves out samples beyond the limits of a plan, and refuses a file in which they are no rare glitch."""

    def __init__(self, plan: ReadPlan, log: IssueLog) -> None:
        self._limits = np.asarray(plan.limits or [0.0] * len(plan.columns))
        self._plan, self._log = plan, log
        self._n = self._n_outside = 0
        self._first: tuple[int, str] | None = None

    def keep(self, values: Float64Array, rows: IntArray) -> npt.NDArray[np.bool_]:
        """Return True for the samples (n, channels) within the limits; the others go to the log."""
        outside = (np.abs(values) > self._limits) & (self._limits > 0)
        bad = outside.any(axis=1)
        self._n += len(values)
        for at in np.flatnonzero(bad):
            channel = int(outside[at].argmax())
            text = f"{self._plan.columns[channel]} gives {values[at, channel]:.3g}, more than any such sensor measures"
            self._first = self._first or (int(rows[at]), text)
            self._log.add(int(rows[at]), text)
        self._n_outside += int(bad.sum())
        return np.asarray(~bad)

    def finish(self) -> None:
        """Raise UnreadableInput (``out_of_range``) where too many samples lay outside."""
        if self._first and self._n_outside > max(_FEW, _SHARE * self._n):
            row, text = self._first
            raise UnreadableInput(
                f"{text} ({self._n_outside} lines): the column or its unit is another one", row=row, code="out_of_range"
            )
