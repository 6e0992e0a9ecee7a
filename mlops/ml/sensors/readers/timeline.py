"""From the numbers of a time column to seconds, block by block: counters that wrap, stamps that samples share."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import IntArray
from mlops.ml.sensors.readers.plan import Chunk, Float64Array, IssueLog, ReadPlan
from mlops.ml.sensors.readers.ranges import RangeCheck

_COUNTERS = (2.0**8, 2.0**16, 2.0**24, 2.0**32)
_FAR = 20.0
"""A counter that wraps goes on within so many steps; one that falls otherwise was set back."""
Piece = tuple[Float64Array, IntArray]
"""(values (n, columns of plan.wanted), rows (n,))."""


def wrap_moduli(plan: ReadPlan | None = None) -> tuple[float, ...]:
    """Return the sizes at which counters of that unit begin again."""
    unit = plan.time_unit if plan else ""
    clocks = {"clock": (86_400e6, 3_600e6), "s": (60.0, 3600.0, 86_400.0, 2.0**32 / 1e6, 2.0**32 / 1e3)}
    micros = {"ms": (2.0**32 / 1e3, 86_400e3), "us": (86_400e6,)}
    return (*_COUNTERS, *clocks.get(unit, ()), *micros.get(unit, ()))


def unwrapped(values: Float64Array, moduli: tuple[float, ...] = _COUNTERS) -> Float64Array:
    """Return the values of a counter as if it had never begun again at 2⁸, 2¹⁶, 2²⁴ or 2³²."""
    return _Unwrap(moduli).go_on(values)


class _Unwrap:
    """Follows a counter over its wraps; `n_wraps` counts them."""

    def __init__(self, moduli: tuple[float, ...]) -> None:
        self._moduli = moduli
        self._last: float | None = None
        self._typical = 0.0
        self._offset = 0.0
        self.n_wraps = 0

    def go_on(self, values: Float64Array) -> Float64Array:
        if not len(values):
            return values
        steps = np.diff(values, prepend=values[0] if self._last is None else self._last)
        rising = steps[steps > 0]
        if len(rising):
            self._typical = float(np.median(rising))
        falls = np.flatnonzero(steps < 0)
        self._last = float(values[-1])
        if not len(falls) and not self._offset:
            return values
        offsets = np.zeros(len(values))
        offsets[0] = self._offset
        for at in falls:
            for modulus in self._moduli:
                if abs(values[at] - steps[at]) > modulus:
                    continue  # the counter is a longer one
                if 0 <= modulus + steps[at] <= _FAR * self._typical and modulus > 4 * self._typical:
                    offsets[at] += modulus
                    self.n_wraps += 1
                    break
        offsets = np.cumsum(offsets)
        self._offset = float(offsets[-1])
        return values + offsets


class _Spread:
    """Gives samples that share a stamp times of their own, evenly until the next stamp, never across a pause."""

    def __init__(self) -> None:
        self._step = 0.0
        self._typical_n = 1.0
        self._begun = False
        self._t = np.zeros(0)
        self._x = np.zeros((0, 0))
        self._rows: IntArray = np.zeros(0, np.int64)

    def add(
        self, t: Float64Array, x: Float64Array, rows: IntArray
    ) -> Iterator[tuple[Float64Array, Float64Array, IntArray]]:
        """Yield what is complete; the last stamp waits for its next one."""
        if len(self._t):
            t, x, rows = np.concatenate([self._t, t]), np.concatenate([self._x, x]), np.concatenate([self._rows, rows])
        starts = np.flatnonzero(np.diff(t, prepend=np.nan) != 0)
        if len(starts) < 2:
            self._t, self._x, self._rows = t, x, rows
            return
        counts, stamps = np.diff(starts), t[starts]
        widths = np.diff(stamps)
        steps = widths / counts
        if len(steps) > 2 or not self._step:
            self._step = float(np.median(steps[steps > 0])) if (steps > 0).any() else 0.0
            self._typical_n = float(np.median(counts))
        step = np.minimum(steps, 1.5 * self._step) if self._step else steps
        begin = stamps[:-1].copy()
        if not self._begun and counts[0] < 0.8 * self._typical_n and widths[0] < 1.5 * self._typical_n * self._step:
            step[0] = self._step  # the file begins in the middle of the first stamp's samples
            begin[0] = stamps[1] - counts[0] * self._step
        self._begun = True
        cut = int(starts[-1])
        order = np.arange(cut) - np.repeat(starts[:-1], counts)
        yield np.repeat(begin, counts) + order * np.repeat(step, counts), x[:cut], rows[:cut]
        self._t, self._x, self._rows = t[cut:], x[cut:], rows[cut:]

    def finish(self) -> Iterator[tuple[Float64Array, Float64Array, IntArray]]:
        if len(self._t):
            yield self._t + np.arange(len(self._t)) * self._step, self._x, self._rows


def timed(pieces: Iterator[Piece], plan: ReadPlan, log: IssueLog, *, first_row: int = 1) -> Iterator[Chunk]:
    """Turn pieces of a file into chunks: time in seconds, samples in the layout's units and within its ranges.

    first_row  the line or record that counts as time 0 where the file holds no time. Raises UnreadableInput
               (``out_of_range``) at the end where values are no measurements.
    """
    wrap, spread, ranges = _Unwrap(wrap_moduli(plan)), _Spread(), RangeCheck(plan, log)
    for values, rows in pieces:
        if plan.time_column is None:
            time, x = (rows - first_row) / float(plan.rate_hz or 1.0), values
        else:
            time, x = plan.seconds(wrap.go_on(values[:, 0])), values[:, 1:]
        scaled = x * np.asarray(plan.scale) if plan.scale else x
        if plan.limits:
            keep = ranges.keep(scaled, rows)
            if not keep.all():
                time, scaled, rows = time[keep], scaled[keep], rows[keep]
        given = spread.add(time, scaled, rows) if plan.spread else iter([(time, scaled, rows)])
        yield from _chunks(given, plan)
    if plan.spread:
        yield from _chunks(spread.finish(), plan)
    if wrap.n_wraps:
        times = "once" if wrap.n_wraps == 1 else f"{wrap.n_wraps} times"
        log.note(f"The counter of {plan.time_column} began again {times}; time goes on.")
    ranges.finish()


def _chunks(given: Iterator[tuple[Float64Array, Float64Array, IntArray]], plan: ReadPlan) -> Iterator[Chunk]:
    for time, x, rows in given:
        if len(time):
            yield Chunk(_dated(time, plan), np.ascontiguousarray(x, dtype=np.float32), rows)


def _dated(time: Float64Array, plan: ReadPlan) -> Float64Array:
    """Add the epoch, and the pauses that the file's own time leaves out."""
    if plan.marks:
        at = np.array([mark for mark, _ in plan.marks])
        more = np.concatenate([[0.0], np.cumsum([added for _, added in plan.marks])])
        time = time + more[np.searchsorted(at, time, side="right")]
    return time + plan.epoch_s if plan.epoch_s else time


def shares_stamps(stamps: Float64Array, values: npt.NDArray[np.float64]) -> bool:
    """True when samples regularly share a stamp and differ, so that they are no copies of one another.

    stamps (n,), values (n, columns).
    """
    if len(stamps) < 8:
        return False
    same = np.diff(stamps) == 0
    if same.mean() < 0.3:
        return False
    copies = (np.diff(values, axis=0) == 0).all(axis=1) & same
    return bool(copies.sum() < 0.5 * same.sum())
