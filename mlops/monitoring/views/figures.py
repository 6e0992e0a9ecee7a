"""Drawings about served models: two distributions side by side, a calibration curve."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mlops.kinds.answers import number_text
from mlops.ml.drift import UNKNOWN
from web.axis import HEIGHT, WIDTH, Mark, axis_covering, axis_within, percent_text, told_apart
from web.numbers import spelled, spelled_share

SMALL = 100
"""Height of the drawings that stand side by side."""
ANSWERS = {"label": gettext_lazy("Predicted label"), "number": gettext_lazy("Predicted number")}


@dataclass(frozen=True)
class Bar:
    """One bar in the drawing's units."""

    x: float
    y: float
    width: float
    height: float
    title: str


@dataclass(frozen=True)
class ShiftFigure:
    """A feature: bars of the training data and of what is served now, with words and a table."""

    name: str
    title: str
    psi: float
    ks: float
    p_text: str
    shifted: bool
    reference: list[Bar]
    served: list[Bar]
    y_ticks: list[Mark]
    x_ticks: list[Mark]
    summary: str
    columns: list[str]
    rows: list[list[Any]]
    height: float = SMALL


def shift_figure(shift: Mapping[str, Any], labels: Sequence[str] | None = None, unit: str = "") -> ShiftFigure:
    """Draw one entry of a report's features; with `labels` (the label bins, maybe none) one of its answers, whose
    numbers have this unit."""
    edges, known, now = list(shift["edges"]), list(shift["reference"]), list(shift["served"])
    n_bins = len(edges) + 1
    known, now = known[:n_bins], now[:n_bins]
    name = shift["name"]
    names = ["known", "unknown"] if name.endswith(UNKNOWN) else _bin_names(edges, unit if name == "number" else "")
    if labels is not None and name == "label" and len(labels) == n_bins:
        names = list(labels)
    axis = axis_covering([0.0, 0.01, *known, *now], SMALL, most=3)
    step = WIDTH / n_bins
    width = round(step * 0.38, 2)

    def bars(values: Sequence[float], offset: float) -> list[Bar]:
        tops = [axis.at(value) for value in values]
        return [
            Bar(round(step * (i + offset), 2), top, width, round(SMALL - top, 1), f"{name}: {spelled_share(value, 1)}")
            for i, (name, value, top) in enumerate(zip(names, values, tops, strict=True))
        ]

    return ShiftFigure(
        name=name,
        title=name if labels is None else ANSWERS.get(name, name.capitalize()),
        psi=shift["psi"],
        ks=shift["ks"],
        p_text=f"< {spelled(0.01)}" if shift["p_value"] < 0.01 else spelled(shift["p_value"], ".2f"),
        shifted=shift["shifted"],
        reference=bars(known, 0.1),
        served=bars(now, 0.5),
        y_ticks=axis.marks(percent_text),
        x_ticks=[(0.0, names[0]), (WIDTH, names[-1])] if len(names) > 1 else [(WIDTH / 2, names[0])],
        summary=_words(known, now, names),
        columns=[_("Values"), _("Training"), _("Served")],
        rows=[[name, spelled_share(a, 1), spelled_share(b, 1)] for name, a, b in zip(names, known, now, strict=True)],
    )


def _bin_names(edges: Sequence[float], unit: str) -> list[str]:
    if not edges:
        return ["all"]
    ends = [number_text(edge, unit) for edge in edges] if unit == "%" else told_apart(edges)
    between = _("%(low)s to %(high)s")
    return [
        _("up to %(end)s") % {"end": ends[0]},
        *(between % {"low": low, "high": high} for low, high in pairwise(ends)),
        _("over %(end)s") % {"end": ends[-1]},
    ]


def _words(known: Sequence[float], now: Sequence[float], names: Sequence[str]) -> str:
    gaps = [b - a for a, b in zip(known, now, strict=True)]
    more = max(range(len(gaps)), key=lambda i: gaps[i])
    less = min(range(len(gaps)), key=lambda i: gaps[i])
    return (
        _(
            "Largest increase: %(more)s, from %(more_old)s to %(more_new)s. "
            "Largest decrease: %(less)s, from %(less_old)s to %(less_new)s."
        )
        % {
            "more": names[more], "more_old": spelled_share(known[more]), "more_new": spelled_share(now[more]),
            "less": names[less], "less_old": spelled_share(known[less]), "less_new": spelled_share(now[less]),
        },
    )


@dataclass(frozen=True)
class CalibrationFigure:
    """Points (confidence, share right) against the diagonal."""

    points: list[tuple[float, float, float, str]]
    """x, y, radius, title."""
    diagonal: str
    y_ticks: list[Mark]
    x_ticks: list[Mark]
    summary: str
    columns: list[str]
    rows: list[list[Any]]
    height: float = HEIGHT


def calibration_figure(bins: Sequence[Mapping[str, Any]]) -> CalibrationFigure | None:
    """Draw `calibration_bins`; None without any."""
    if not bins:
        return None
    total = sum(one["n"] for one in bins)
    x, y = axis_within(0, 1), axis_covering([0, 1], most=6)
    points = [
        (
            x.at(one["confidence"]),
            y.at(one["accuracy"]),
            round(3 + 6 * (one["n"] / total) ** 0.5, 1),
            _("%(confidence)s confidence: %(accuracy)s correct, %(n)s predictions")
            % {
                "confidence": spelled_share(one["confidence"]), "accuracy": spelled_share(one["accuracy"]),
                "n": one["n"],
            },
        )
        for one in bins
    ]
    gap = sum(one["n"] * (one["confidence"] - one["accuracy"]) for one in bins) / total
    way = _("overconfident") if gap > 0.01 else _("underconfident") if gap < -0.01 else _("well calibrated")
    return CalibrationFigure(
        points,
        f"{x.at(0)},{y.at(0)} {x.at(1)},{y.at(1)}",
        y.marks(percent_text),
        x.marks(percent_text),
        _("Over %(total)s predictions the model is %(way)s: the gap is %(gap)s on average.")
        % {"total": spelled(total, ","), "way": way, "gap": spelled_share(abs(gap), 1)},
        [_("Confidence"), _("Predictions"), _("Mean confidence"), _("Correct")],
        [
            [
                _("%(low)s to %(high)s") % {"low": spelled_share(one["low"]), "high": spelled_share(one["high"])},
                one["n"], spelled_share(one["confidence"], 1), spelled_share(one["accuracy"], 1),
            ]
            for one in bins
        ],
    )
