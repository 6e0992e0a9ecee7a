"""A few seconds of a sensor drawn by the server: one lane a channel, the stretch in question marked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

WIDTH, LANE, LEFT, RIGHT = 640, 46, 8, 8
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
    height: int
    mark_x: float
    mark_width: float
    ticks: list[tuple[float, str]]
    summary: str
    columns: list[str]
    rows: list[list[Any]]
    width: int = WIDTH


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
    span = max(end - begin, 1e-6)

    def x_of(seconds: Any) -> Any:
        return LEFT + (seconds - begin) / span * (WIDTH - LEFT - RIGHT)

    lanes, rows = [], []
    inside = (t >= marked[0]) & (t < marked[1])
    for number, (name, unit) in enumerate(channels):
        column = values[:, number] if len(values) else np.zeros(0)
        low, high = (float(column.min()), float(column.max())) if len(column) else (0.0, 0.0)
        top = 16 + number * (LANE + 16)
        scaled = top + LANE - (column - low) / max(high - low, 1e-9) * LANE
        points = " ".join(
            f"{x:.1f},{y:.1f}" for x, y in zip(x_of(t)[::step].tolist(), scaled[::step].tolist(), strict=True)
        )
        lanes.append(Lane(name, top, points, number % 6 + 1, f"{low:.3g}", f"{high:.3g} {unit}".strip()))
        part = column[inside]
        rows.append(
            [name, *(f"{value:.3g}" for value in (part.mean(), part.std(), part.min(), part.max()))]
            if len(part)
            else [name, None, None, None, None]
        )
    height = 16 + len(channels) * (LANE + 16) + 14
    return LanesFigure(
        lanes=lanes,
        height=height,
        mark_x=round(x_of(marked[0]), 1),
        mark_width=round(x_of(marked[1]) - x_of(marked[0]), 1),
        ticks=[(round(x_of(second), 1), f"{second:.1f} s") for second in (begin, *marked, end)],
        summary=f"{len(channels)} channels over {span:.1f} s; {marked[0]:.1f} to {marked[1]:.1f} s is in question.",
        columns=["Channel", "Mean", "Spread", "Lowest", "Highest"],
        rows=rows,
    )
