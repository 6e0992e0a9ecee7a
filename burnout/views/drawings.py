"""Numbers to drawings: the survival curve with its band, and how the risk changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from burnout.models import RiskEstimate
from mlops.ml.survival.checkins.load import LoadSeries
from web.axis import HEIGHT, WIDTH, Mark, axis_covering, axis_within, day_marks, percent_text
from web.numbers import spelled_share


@dataclass(frozen=True)
class Drawing:
    """A plot's facts: the line, the band's outline (empty without one), ticks, and a summary in words."""

    line: str
    band: str
    y_ticks: list[Mark]
    x_ticks: list[Mark]
    summary: str
    height: float = HEIGHT


def curve_drawing(estimate: RiskEstimate) -> Drawing:
    """The probability to stay free of burnout over the coming days; a stair, as it is estimated."""
    rows = estimate.curve
    x = axis_within(0, rows[-1][0] or 1, whole=True)
    y = axis_covering([1.0, 0.9, *(row[2] for row in rows)], most=6)

    def points(column: int) -> list[str]:
        return [f"{x.at(row[0])},{y.at(row[column])}" for row in rows]

    summary = _(
        "Of 100 people with days like yours, about %(n)s stay free of burnout for %(days)s days "
        "(between %(low)s and %(high)s)."
    ) % {
        "n": f"{100 * (1 - estimate.risk):.0f}", "days": estimate.horizon_days,
        "low": f"{100 * (1 - estimate.high):.0f}", "high": f"{100 * (1 - estimate.low):.0f}",
    }  # fmt: skip
    band = " ".join([*points(2), *reversed(points(3))])
    return Drawing(" ".join(points(1)), band, y.marks(percent_text), x.marks(), summary)


def trend_drawing(trend: Sequence[tuple[date, float]]) -> Drawing | None:
    """How the estimate changed; None with fewer than two days."""
    if len(trend) < 2:
        return None
    first, last = trend[0][0], trend[-1][0]
    x = axis_within(0, max((last - first).days, 1))
    y = axis_covering([0, 0.05, *(risk for _day, risk in trend)])
    line = " ".join(f"{x.at((day - first).days)},{y.at(risk)}" for day, risk in trend)
    rose = _("The estimate rose from %(old)s on %(day)s to %(new)s.")
    fell = _("The estimate fell from %(old)s on %(day)s to %(new)s.")
    summary = (rose if trend[-1][1] > trend[0][1] else fell) % {
        "old": spelled_share(trend[0][1], 1),
        "day": date_format(first, "j F"),
        "new": spelled_share(trend[-1][1], 1),
    }
    return Drawing(line, "", y.marks(percent_text), day_marks(first, last, x), summary)


@dataclass(frozen=True)
class LoadDrawing:
    """The bars of known days as one path, and lines in pieces: what is unknown is a gap."""

    bars: str
    fitness: list[str]
    fatigue: list[str]
    y_ticks: list[Mark]
    x_ticks: list[Mark]
    summary: str
    height: float = HEIGHT


def load_drawing(load: LoadSeries, first: date) -> LoadDrawing:
    """Load by day since `first`."""
    n = len(load.load)
    y = axis_covering([0.0, 1.0, *load.load, *load.ctl])
    step = WIDTH / n
    x = axis_within(0, n - 1, step / 2, WIDTH - step / 2)

    def lines(values: npt.NDArray[np.float64]) -> list[str]:
        pieces: list[list[str]] = [[]]
        for i, value in enumerate(values):
            if np.isnan(value):
                pieces.append([])
            else:
                pieces[-1].append(f"{x.at(i)},{y.at(float(value))}")
        return [" ".join(piece) for piece in pieces if len(piece) > 1]

    known = [(i, float(value)) for i, value in enumerate(load.load) if np.isfinite(value)]
    width = round(0.7 * step, 2)
    bars = "".join(f"M{step * (i + 0.15):.2f} {HEIGHT}V{y.at(value)}h{width}V{HEIGHT}z" for i, value in known)
    n_unknown = n - len(known)
    mean = np.mean([value for _day, value in known])
    summary = _("%(n)s days with an entry, %(n_unknown)s unknown; %(mean)s AU on average.")
    summary = summary % {"n": len(known), "n_unknown": n_unknown, "mean": f"{mean:.0f}"}
    return LoadDrawing(
        bars, lines(load.ctl), lines(load.atl), y.marks(), day_marks(first, first + timedelta(days=n - 1), x),
        summary,
    )
