"""Repetitions out of one signal, frame by frame: rest → effort → rest, counted when the way back is done.

The signal rises with effort (the table's sign sees to that). From the lowest value since the last repetition (`base`)
it must rise by half the least range; then its peak is followed. The repetition is complete when 80 % of the way from
the peak to the base are undone, or when it turns up again, or stands still, after at least half of it. The least range
is the table's, or 40 % of the person's own median range where that is more. Whatever is too short, too long, broken by
a gap or cut off by the beginning or the end of the clip is no repetition. With `from_effort` (a deadlift) the first may
begin at the peak, where it must be held for 0.2 s: the bar lies on the floor.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isnan, nan

OWN_SHARE, ENTER_SHARE, RETURN_SHARE, TURN_SHARE, AGAIN_SHARE = 0.4, 0.5, 0.8, 0.5, 0.2
GAP_S, STILL_S, LEAD_S, HELD_S = 0.5, 1.2, 1.0, 0.2
START_SHARE, PEAK_SHARE = 0.2, 0.9
"""A phase begins and ends at 20 % and 90 % of the range above the base."""


@dataclass(frozen=True)
class Sample:
    t: float
    u: float
    row: object


@dataclass(frozen=True)
class Swing:
    """One way up and back of the signal.

    start, reach, leave, end  samples (positions in `samples`): leaving 20 % of the range, reaching 90 %, leaving it,
                              back at the end; peak: the highest
    base, top                 values of the signal
    rest_last                 it began at the peak: rest is seen after it only
    """

    samples: tuple[Sample, ...]
    start: int
    reach: int
    peak: int
    leave: int
    base: float
    top: float
    side: str = ""
    rest_last: bool = False

    @property
    def end(self) -> int:
        return len(self.samples) - 1

    @property
    def start_s(self) -> float:
        return self.samples[self.start].t

    @property
    def peak_s(self) -> float:
        return self.samples[self.peak].t

    @property
    def end_s(self) -> float:
        return self.samples[-1].t


class Counter:
    """push(t, u, row) → the swing that ended with this frame, or None. u NaN: not known."""

    def __init__(
        self, least: float, duration_s: Sequence[float], side: str = "", *, from_effort: bool = False
    ) -> None:
        self.least, self.duration_s, self.side, self.from_effort = least, duration_s, side, from_effort
        self.own: deque[float] = deque(maxlen=5)
        self.samples: list[Sample] = []
        self.rising = False
        self.base = self.top = self.valley = self.valley_t = self.since = nan
        self.low_t = -1e9

    @property
    def phase(self) -> str:
        """What is going on now: rest, down (towards the peak), up (back)."""
        if not self.rising:
            return "rest"
        return "down" if self.samples[-1].u >= self.top - 0.1 * (self.top - self.base) else "up"

    def push(self, t: float, u: float, row: object) -> Swing | None:
        if isnan(u):
            return None
        if self.samples and t - self.samples[-1].t > GAP_S:
            self._forget()
        self.samples.append(Sample(t, u, row))
        if self.from_effort and isnan(self.base):
            return self._first(t, u)
        if not self.rising:
            self._rest(t, u)
            return None
        if u > self.top:
            self.top, self.valley, self.valley_t = u, u, t
        if u < self.valley:
            self.valley, self.valley_t = u, t
        if t - self.since > 2 * self.duration_s[1]:
            self._restart()
            return None
        return self._way_back(t, u)

    def accept(self, swing: Swing) -> None:
        """It counted: its range is one of this person's own."""
        self.own.append(swing.top - swing.base)

    def range_needed(self) -> float:
        usual = sorted(self.own)[len(self.own) // 2] if len(self.own) >= 2 else 0.0
        return max(self.least, OWN_SHARE * usual)

    def _first(self, t: float, u: float) -> Swing | None:
        """Until it is known whether the clip begins at rest (the signal rises) or at the peak (it falls)."""
        if not u <= self.top:
            self.top = self.valley = u
            self.valley_t = self.since = t
        if u < self.valley:
            self.valley, self.valley_t = u, t
        whole = self.top - self.valley
        if whole < self.least:
            lowest = min(one.u for one in self.samples)
            if u - lowest >= self.least:
                self.base, self.rising, self.top, self.valley, self.valley_t, self.since = lowest, True, u, u, t, t
            elif t - self.samples[0].t > self.duration_s[1] + LEAD_S:
                self.samples.pop(0)
                self.top = max(one.u for one in self.samples)
            return None
        if u - self.valley < AGAIN_SHARE * whole and t - self.valley_t < STILL_S / 2:
            return None
        self.base = self.valley
        swing = self._swing()
        held_s = swing.samples[swing.leave].t - swing.samples[0].t
        self._restart()
        fits = held_s >= HELD_S and swing.end_s - swing.start_s <= self.duration_s[1]
        return replace(swing, rest_last=True) if fits else None

    def _rest(self, t: float, u: float) -> None:
        if u <= self.base or isnan(self.base):
            self.base, self.low_t = u, t
        if u - self.base >= ENTER_SHARE * self.range_needed():
            self.rising, self.top, self.valley, self.valley_t, self.since = True, u, u, t, t
            return
        if u <= self.base + 0.1 * self.least:
            self.low_t = t
        self._trim(t)

    def _trim(self, t: float) -> None:
        """Only what may be the beginning of the next repetition is remembered; a base of long ago is forgotten."""
        oldest = max(self.low_t - LEAD_S, t - self.duration_s[1] - LEAD_S)
        n = 0
        while self.samples[n].t < oldest:
            n += 1
        if n:
            had_base = any(one.u <= self.base for one in self.samples[:n])
            self.samples = self.samples[n:]
            if had_base:
                self.base = min(one.u for one in self.samples)

    def _way_back(self, t: float, u: float) -> Swing | None:
        whole = self.top - self.base
        fallen = self.top - self.valley
        is_back = fallen >= RETURN_SHARE * whole
        turned = fallen >= TURN_SHARE * whole and u - self.valley >= AGAIN_SHARE * whole
        still = fallen >= TURN_SHARE * whole and t - self.valley_t >= STILL_S
        if not (is_back or turned or still):
            return None
        swing = self._swing() if whole >= self.range_needed() else None
        self._restart()
        if swing is None:
            return None
        lasted = swing.end_s - swing.start_s
        return swing if self.duration_s[0] <= lasted <= self.duration_s[1] else None

    def _swing(self) -> Swing:
        samples = tuple(self.samples)
        peak = next((n for n, one in enumerate(samples) if one.t >= self.since and one.u >= self.top), 0)
        low = self.base + START_SHARE * (self.top - self.base)
        high = self.base + PEAK_SHARE * (self.top - self.base)
        start = max((n for n in range(peak) if samples[n].u <= low), default=0)
        reach = min(n for n in range(start, peak + 1) if samples[n].u >= high)
        leave = max(n for n in range(peak, len(samples)) if samples[n].u >= high)
        return Swing(samples, start, reach, peak, leave, self.base, self.top, self.side)

    def _restart(self) -> None:
        """The next repetition may begin where this one came back to."""
        low = min((n for n, one in enumerate(self.samples) if one.t >= self.valley_t), default=0)
        self.samples = self.samples[low:]
        self.base, self.low_t = min(one.u for one in self.samples), self.samples[0].t
        self.rising = False

    def _forget(self) -> None:
        self.samples = []
        self.rising = False
        self.base = self.top = self.valley = self.valley_t = self.since = nan
        self.low_t = -1e9
