"""A few seconds of a sensor drawn by the server: one lane a channel, the stretch in question marked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from django.utils.translation import gettext as _

from web.axis import Mark, axis_covering, axis_within, tick_text
from web.numbers import spelled

LANE, GAP = 46, 20
MAX_POINTS = 400


@dataclass(frozen=True)
class Lane:
    """One channel: its line in the drawing's units and its range in words."""

    name: str
    y: float
    points: str
    number: int
    low: str
    high: str


@dataclass(frozen=True)
class LanesFigure:
    """All channels over the same seconds."""

    lanes: list[Lane]
    height: float
    mark_x: float
    mark_width: float
    x_ticks: list[Mark]
    summary: str
    columns: list[str]
    rows: list[list[Any]]


def lanes_figure(
    pieces: Sequence[tuple[npt.NDArray[Any], npt.NDArray[Any]]],
    channels: Sequence[tuple[str, str]],
    shown: tuple[float, float],
    marked: tuple[float, float],
) -> LanesFigure:
    """Draw samples [(t (n,), values (n, channels)) …] of the seconds `shown`; `marked` is what it is about."""
    t = np.concatenate([piece[0] for piece in pieces]) if pieces else np.zeros(0)
    values = np.concatenate([piece[1] for piece in pieces]) if pieces else np.zeros((0, len(channels)))
    step = max(1, -(-len(t) // MAX_POINTS))
    begin, end = shown
    x = axis_within(begin, max(end, begin + 1e-6))

    lanes, rows = [], []
    inside = (t >= marked[0]) & (t < marked[1])
    for number, (name, unit) in enumerate(channels):
        column = values[:, number] if len(values) else np.zeros(0)
        low, high = (float(column.min()), float(column.max())) if len(column) else (0.0, 0.0)
        top = GAP + number * (LANE + GAP)
        y = axis_covering((low, high), top + LANE, top, most=8)
        drawn = zip(t[::step].tolist(), column[::step].tolist(), strict=True)
        points = " ".join(f"{x.at(second)},{y.at(value)}" for second, value in drawn)
        ends = tick_text(y.low, y.step), f"{tick_text(y.high, y.step)} {unit}".strip()
        lanes.append(Lane(name, top, points, number % 6 + 1, *ends))
        part = column[inside]
        rows.append(
            [name, *(spelled(value, ".3g") for value in (part.mean(), part.std(), part.min(), part.max()))]
            if len(part)
            else [name, None, None, None, None]
        )
    return LanesFigure(
        lanes=lanes,
        height=len(channels) * (LANE + GAP) + 6,
        mark_x=x.at(marked[0]),
        mark_width=round(x.at(marked[1]) - x.at(marked[0]), 2),
        x_ticks=[(place, f"{words} s") for place, words in x.marks()],
        summary=_("%(n)s channels over %(length)s s; %(from)s to %(to)s s to review.")
        % {
            "n": len(channels), "length": spelled(end - begin, ".1f"),
            "from": spelled(marked[0], ".1f"), "to": spelled(marked[1], ".1f"),
        },
        columns=[_("Channel"), _("Mean"), _("Standard deviation"), _("Lowest"), _("Highest")],
        rows=rows,
    )
