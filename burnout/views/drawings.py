"""Numbers to drawings: the survival curve with its band, and how the risk changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from burnout.models import RiskEstimate
from mlops.ml.survival.checkins.load import LoadSeries

WIDTH, HEIGHT = 640, 240
LEFT, RIGHT, TOP, BOTTOM = 52, 28, 12, 30


@dataclass(frozen=True)
class Drawing:
    """An SVG's facts: the line, the band's outline (empty without one), ticks, and a summary in words."""

    line: str
    band: str
    y_ticks: list[tuple[float, str]]
    x_ticks: list[tuple[float, str]]
    summary: str
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right_edge: int = WIDTH - RIGHT
    bottom_edge: int = HEIGHT - BOTTOM


def curve_drawing(estimate: RiskEstimate) -> Drawing:
    """The probability to stay free of burnout over the coming days; a stair, as it is estimated."""
    rows = estimate.curve
    last = rows[-1][0] or 1
    floor = min(0.9, *(row[2] for row in rows)) if rows else 0.9
    floor = int(floor * 10) / 10

    def x(day: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * day / last, 1)

    def y(share: float) -> float:
        return round(TOP + (HEIGHT - TOP - BOTTOM) * (1 - (share - floor) / (1 - floor)), 1)

    def points(column: int) -> list[str]:
        return [f"{x(row[0])},{y(row[column])}" for row in rows]

    step = 0.1 if 1 - floor > 0.25 else 0.05 if 1 - floor > 0.12 else 0.02
    n = round((1 - floor) / step)
    ticks = [(y(floor + i * step), f"{100 * (floor + i * step):.0f} %") for i in range(n + 1)]
    summary = (
        f"Of 100 people with such days, about {100 * (1 - estimate.risk):.0f} stay free of burnout for "
        f"{estimate.horizon_days} days (between {100 * (1 - estimate.high):.0f} and {100 * (1 - estimate.low):.0f})."
    )
    x_ticks = [(x(day), f"{day:.0f}") for day in range(0, int(last) + 1, 30)]
    return Drawing(" ".join(points(1)), " ".join([*points(2), *reversed(points(3))]), ticks, x_ticks, summary)


def trend_drawing(trend: Sequence[tuple[date, float]]) -> Drawing | None:
    """How the estimate changed; None with fewer than two days."""
    if len(trend) < 2:
        return None
    first, last = trend[0][0], trend[-1][0]
    span = max((last - first).days, 1)
    top = max(0.05, 1.15 * max(risk for _, risk in trend))

    def x(day: date) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * (day - first).days / span, 1)

    def y(risk: float) -> float:
        return round(TOP + (HEIGHT - TOP - BOTTOM) * (1 - risk / top), 1)

    line = " ".join(f"{x(day)},{y(risk)}" for day, risk in trend)
    ticks = [(y(top * i / 4), f"{100 * top * i / 4:.0f} %") for i in range(5)]
    marks = [trend[round(i * (len(trend) - 1) / 3)][0] for i in range(4)]
    way = "rose" if trend[-1][1] > trend[0][1] else "fell"
    summary = f"The estimate {way} from {100 * trend[0][1]:.1f} % on {first:%-d %B} to {100 * trend[-1][1]:.1f} %."
    return Drawing(line, "", ticks, [(x(day), f"{day:%-d %b}") for day in dict.fromkeys(marks)], summary)


@dataclass(frozen=True)
class LoadDrawing:
    """Bars (x, y, height) of known days, and lines in pieces: what is unknown is a gap."""

    bars: list[tuple[float, float, float]]
    fitness: list[str]
    fatigue: list[str]
    y_ticks: list[tuple[float, str]]
    x_ticks: list[tuple[float, str]]
    summary: str
    bar_width: float
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right_edge: int = WIDTH - RIGHT
    bottom_edge: int = HEIGHT - BOTTOM


def load_drawing(load: LoadSeries, first: date) -> LoadDrawing:
    """Load by day since `first`."""
    n = len(load.load)
    top = max(1.0, float(np.nanmax([np.nanmax(load.load), *load.ctl[np.isfinite(load.ctl)], 1.0])))
    step, bottom = (WIDTH - LEFT - RIGHT) / n, HEIGHT - BOTTOM

    def y(value: float) -> float:
        return round(TOP + (bottom - TOP) * (1 - value / top), 1)

    def lines(values: npt.NDArray[np.float64]) -> list[str]:
        pieces: list[list[str]] = [[]]
        for i, value in enumerate(values):
            if np.isnan(value):
                pieces.append([])
            else:
                pieces[-1].append(f"{LEFT + step * (i + 0.5):.1f},{y(float(value))}")
        return [" ".join(piece) for piece in pieces if len(piece) > 1]

    known = [(i, float(value)) for i, value in enumerate(load.load) if np.isfinite(value)]
    bars = [(round(LEFT + step * (i + 0.15), 1), y(value), round(bottom - y(value), 1)) for i, value in known]
    n_unknown = n - len(known)
    mean = np.mean([value for _, value in known])
    summary = f"{len(known)} days with an entry, {n_unknown} unknown; on average {mean:.0f} AU."
    marks = [round(i * (n - 1) / 4) for i in range(5)]
    return LoadDrawing(
        bars, lines(load.ctl), lines(load.atl),
        [(y(top * i / 4), f"{top * i / 4:.0f}") for i in range(5)],
        [(round(LEFT + step * (i + 0.5), 1), f"{first + timedelta(days=i):%-d %b}") for i in dict.fromkeys(marks)],
        summary, round(max(0.7 * step, 0.8), 2),
    )
