"""Axes of drawings made by the server: round ticks, where a value lies, and how it reads.

A drawing's plot is 100 wide, stretched to the width of its card, and as high as it is in pixels;
`web/includes/plot.html` draws the axes around it.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from web.numbers import spelled

WIDTH, HEIGHT, TOP = 100.0, 220.0, 10.0
STEPS = (1, 2, 5)
DAY_STEPS = (1, 2, 7, 14, 28)
SLACK = 1e-9
Mark = tuple[float, str]
"""Where a tick lies, and its words."""


@dataclass(frozen=True)
class Axis:
    """Values from `low` to `high` lie from `start` to `end`; ticks are multiples of `step`."""

    low: float
    high: float
    start: float
    end: float
    ticks: tuple[float, ...]
    step: float

    def at(self, value: float) -> float:
        """Where a value lies in the drawing."""
        return round(self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start), 2)

    def marks(self, text: Callable[[float, float], str] | None = None) -> list[Mark]:
        """Place and words of each tick; text(value, step) makes the words."""
        return [(self.at(tick), (text or tick_text)(tick, self.step)) for tick in self.ticks]


def axis_covering(
    values: Iterable[float], start: float = HEIGHT, end: float = TOP, *, most: int = 5, whole: bool = False
) -> Axis:
    """An axis that begins and ends at a round tick and holds all values (those that are numbers).

    most   ticks at most, three or more
    whole  ticks are whole numbers
    """
    low, high = _range(values)
    step, ticks = _ticks(low, high, most, whole, covers=True)
    return Axis(ticks[0], ticks[-1], start, end, tuple(ticks), step)


def axis_within(
    low: float, high: float, start: float = 0.0, end: float = WIDTH, *, most: int = 6, whole: bool = False
) -> Axis:
    """An axis that begins and ends exactly at these values, with round ticks between them.

    Where both are the same, it lies in the middle and is the only tick.
    """
    if not low < high:
        return Axis(low - 1, low + 1, start, end, (low,), 1.0 if low == int(low) else abs(low) or 1.0)
    step, ticks = _ticks(low, high, most, whole, covers=False)
    return Axis(low, high, start, end, tuple(ticks), step)


def day_marks(first: date, last: date, axis: Axis, *, most: int = 5) -> list[Mark]:
    """Days counted back from the last one, whole weeks apart where there are many; the axis counts days from 0."""
    n = (last - first).days
    steps = (step * times for times in (1, 2, 4, 8, 16, 32, 64, 128) for step in DAY_STEPS if times == 1 or step == 28)
    step = next((step for step in steps if n // step + 1 <= most), max(n, 1))
    days = [last - timedelta(days=back) for back in range(n // step * step, -1, -step)]
    return [(axis.at((day - first).days), f"{day:%-d %b}") for day in days]


def tick_text(value: float, step: float) -> str:
    """ "0.25", "−1,200", "2 M": as many decimals as ticks need that are `step` apart."""
    if step >= 1e6:
        value, step, unit = value / 1e6, step / 1e6, " M" if value else ""
    else:
        unit = ""
    digits = max(0, -math.floor(math.log10(step) + SLACK))
    text = spelled(value, ".0e" if digits > 5 and value else f",.{min(digits, 5)}f")
    return text.replace("-", "−") + unit


def percent_text(value: float, step: float) -> str:
    """The same for shares: 0.25 is "25 %"."""
    return f"{tick_text(round(100 * value, 9), 100 * step)} %"


def told_apart(values: Sequence[float]) -> list[str]:
    """Words of rising values with as few digits as keep neighbours apart: 0.1333 and 0.2666 are "0.13" and "0.27"."""
    for digits in range(2, 7):
        texts = [spelled(value, f".{digits}g" if abs(value) < 1000 else ",.0f") for value in values]
        if len(set(texts)) == len(set(values)):
            break
    return [text.replace("e-", "e−") for text in texts] if values else []


def _range(values: Iterable[float]) -> tuple[float, float]:
    """0 to 1 without a number; around the value where there is but one."""
    known = [float(value) for value in values if math.isfinite(value)]
    if not known:
        return 0.0, 1.0
    low, high = min(known), max(known)
    size = max(abs(low), abs(high))
    if size < 1e-12:
        return 0.0, 1.0
    return (low, high) if high - low > SLACK * size else (low - 0.05 * size, high + 0.05 * size)


def _ticks(low: float, high: float, most: int, whole: bool, *, covers: bool) -> tuple[float, list[float]]:
    """The smallest round step with at most so many ticks, and these."""
    if most < 3:
        raise ValueError("an axis needs room for three ticks")
    exponent = math.floor(math.log10((high - low) / most)) - 1
    if whole:
        exponent = max(exponent, 0)
    while True:
        for factor in STEPS:
            step = factor * 10.0**exponent
            first, last = low / step, high / step
            if covers:
                ends = math.floor(first + SLACK), math.ceil(last - SLACK)
            else:
                ends = math.ceil(first - SLACK), math.floor(last + SLACK)
            if ends[1] - ends[0] < most:
                return step, [round(i * step, max(0, -exponent)) for i in range(ends[0], ends[1] + 1)]
        exponent += 1
