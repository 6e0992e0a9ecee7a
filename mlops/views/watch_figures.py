"""Drawings about served models: two distributions side by side, a calibration curve, accuracy over weeks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

WIDTH, HEIGHT, LEFT, BOTTOM = 320, 120, 8, 22


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
    ends: tuple[str, str]
    summary: str
    columns: list[str]
    rows: list[list[Any]]
    width: int = WIDTH
    height: int = HEIGHT
    base: int = HEIGHT - BOTTOM


def shift_figure(shift: Mapping[str, Any], labels: Sequence[str] = ()) -> ShiftFigure:
    """Draw one entry of a report's features."""
    edges, known, now = list(shift["edges"]), list(shift["reference"]), list(shift["served"])
    n_bins = len(edges) + 1
    known, now = known[:n_bins], now[:n_bins]
    names = list(labels) if shift["name"] == "label" else _bin_names(edges)
    top = max([*known, *now, 1e-9])
    step = (WIDTH - 2 * LEFT) / n_bins
    base = HEIGHT - BOTTOM

    def bars(values: Sequence[float], offset: float) -> list[Bar]:
        heights = [round(value / top * (base - 6), 1) for value in values]
        return [
            Bar(round(LEFT + step * (i + offset), 1), base - high, round(step * 0.38, 1), high, f"{name}: {value:.1%}")
            for i, (name, value, high) in enumerate(zip(names, values, heights, strict=True))
        ]

    return ShiftFigure(
        name=shift["name"],
        title=feature_title(shift["name"]),
        psi=shift["psi"],
        ks=shift["ks"],
        p_text="under 0.01" if shift["p_value"] < 0.01 else f"{shift['p_value']:.2f}",
        shifted=shift["shifted"],
        reference=bars(known, 0.1),
        served=bars(now, 0.5),
        ends=(names[0], names[-1]) if names else ("", ""),
        summary=_words(known, now, names),
        columns=["Values", "Training", "Served"],
        rows=[[name, f"{a:.1%}", f"{b:.1%}"] for name, a, b in zip(names, known, now, strict=True)],
    )


def feature_title(name: str) -> str:
    """ "acc_x pace" → "acc_x: pace"."""
    if name in ("confidence", "label"):
        return {"confidence": "Confidence", "label": "Answered label"}[name]
    channel, _, statistic = name.rpartition(" ")
    return f"{channel}: {statistic}"


def _bin_names(edges: Sequence[float]) -> list[str]:
    if not edges:
        return ["all"]
    inner = [f"{low:g} to {high:g}" for low, high in pairwise(edges)]
    return [f"up to {edges[0]:g}", *inner, f"over {edges[-1]:g}"]


def _words(known: Sequence[float], now: Sequence[float], names: Sequence[str]) -> str:
    gaps = [b - a for a, b in zip(known, now, strict=True)]
    more = max(range(len(gaps)), key=lambda i: gaps[i])
    less = min(range(len(gaps)), key=lambda i: gaps[i])
    return (
        f"Most gained: {names[more]}, from {known[more]:.0%} to {now[more]:.0%}. "
        f"Most lost: {names[less]}, from {known[less]:.0%} to {now[less]:.0%}."
    )


@dataclass(frozen=True)
class CalibrationFigure:
    """Points (confidence, share right) against the diagonal."""

    points: list[tuple[float, float, float, str]]
    """x, y, radius, title."""
    summary: str
    columns: list[str]
    rows: list[list[Any]]
    size: int = 260
    low: int = 34
    high: int = 250


def calibration_figure(bins: Sequence[Mapping[str, Any]]) -> CalibrationFigure | None:
    """Draw `calibration_bins`; None without any."""
    if not bins:
        return None
    total = sum(one["n"] for one in bins)
    span = 250 - 34
    points = [
        (
            round(34 + one["confidence"] * span, 1),
            round(260 - 34 - one["accuracy"] * span + 0, 1),
            round(3 + 6 * (one["n"] / total) ** 0.5, 1),
            f"{one['confidence']:.0%} sure: {one['accuracy']:.0%} right, {one['n']} answers",
        )
        for one in bins
    ]
    gap = sum(one["n"] * (one["confidence"] - one["accuracy"]) for one in bins) / total
    way = "too sure of itself" if gap > 0.01 else "not sure enough" if gap < -0.01 else "about as sure as it is right"
    return CalibrationFigure(
        points,
        f"Over {total:,} answers the model is {way}: {abs(gap):.1%} on average.",
        ["Confidence", "Answers", "Sure on average", "Right"],
        [
            [f"{one['low']:.0%} to {one['high']:.0%}", one["n"], f"{one['confidence']:.1%}", f"{one['accuracy']:.1%}"]
            for one in bins
        ],
    )
