"""Numbers to drawings: curves and confusion matrices as plain SVG facts for templates."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mlops.kinds.metric import CLASSIFICATION, Metric, metric_named
from web.axis import HEIGHT, WIDTH, Mark, axis_covering, axis_within
from web.numbers import spelled

CELL = 44
CONFUSION_WIDTH, SLANT = 760, 40
"""As wide as its card, and room on the right for the slanted name of the last column."""
DOT_TEXT = 25
"""Share of the width, in percent, that the value beside a dot needs on a phone."""
TRIED = "strength"
"""A row that names it is a setting that was tried beside the others, not a step in time."""
PARTS = {"val": gettext_lazy("validation"), "train": gettext_lazy("training")}
UNDRAWN = frozenset({"epoch", "learning_rate", TRIED})
TITLES = {
    "train_loss": gettext_lazy("Training loss"),
    "val_loss": gettext_lazy("Validation loss"),
    "train_accuracy": gettext_lazy("Training accuracy"),
    "val_accuracy": gettext_lazy("Validation accuracy"),
}


@dataclass(frozen=True)
class Dot:
    """The only point of a series, with its value written beside it on the side where there is room."""

    x: float
    y: float
    text: str
    dx: int
    anchor: str


@dataclass(frozen=True)
class Line:
    """One series: points are "x,y x,y …" in the plot's units; `number` picks its colour and dash."""

    title: str
    number: int
    points: str
    last: float
    dot: Dot | None = None
    """Instead of a line, where there is one point only."""


@dataclass(frozen=True)
class CurveFigure:
    """A line drawing over epochs, with its summary in words and its table."""

    title: str
    lines: list[Line]
    y_ticks: list[Mark]
    x_ticks: list[Mark]
    summary: str
    columns: list[str]
    rows: list[list[Any]]
    height: float = HEIGHT


@dataclass(frozen=True)
class Cell:
    """One field of a confusion matrix."""

    x: int
    y: int
    count: int
    opacity: str
    right: bool
    title: str


@dataclass(frozen=True)
class ConfusionFigure:
    """Rows are the truth, columns the answers."""

    labels: list[str]
    cells: list[Cell]
    row_marks: list[tuple[int, str]]
    column_marks: list[tuple[int, str]]
    left: int
    top: int
    width: int
    height: int
    summary: str
    columns: list[str] = field(default_factory=list)
    rows: list[list[Any]] = field(default_factory=list)
    cell: int = CELL
    """Height of a cell."""
    cell_width: int = CELL

    @property
    def middle(self) -> float:
        """Where in a cell its count stands."""
        return self.cell_width / 2


def curve_figures(curve: Sequence[dict[str, Any]], metrics: Sequence[Metric] = CLASSIFICATION) -> list[CurveFigure]:
    """One drawing for each thing the curve of one run tells: the metrics of the kind first, then losses and the rest;
    what was held out before what was learned from."""
    return _figures([("", curve)], metrics, _base)


def overlay_figures(
    curves: Sequence[tuple[str, Sequence[dict[str, Any]]]], metrics: Sequence[Metric] = CLASSIFICATION
) -> list[CurveFigure]:
    """Curves of several runs, one drawing for each metric on each part: what one run did in training is never drawn
    against what another did on validation. curves: (name of the run, its rows)."""
    return _figures(curves, metrics, str)


def _figures(
    curves: Sequence[tuple[str, Sequence[dict[str, Any]]]], metrics: Sequence[Metric], together: Callable[[str], str]
) -> list[CurveFigure]:
    """`together` tells under which name a series is drawn."""
    drawings: dict[str, list[str]] = {}
    for _whose, curve in curves:
        for name in dict.fromkeys(key for row in curve for key in row):
            if name not in UNDRAWN and name not in drawings.setdefault(together(name), []):
                drawings[together(name)].append(name)
    words = {_counted(curve) for _whose, curve in curves if curve}
    word = words.pop() if len(words) == 1 else "step"
    order = [metric.name for metric in metrics]

    def place(name: str) -> tuple[Any, ...]:
        base = _base(name)
        return (order.index(base) if base in order else len(order), base, _is_training(name), name)

    figures = []
    for drawn, names in sorted(drawings.items(), key=lambda item: place(item[0])):
        base = _base(drawn)
        metric = metric_named(metrics, base)
        series = []
        for run, curve in curves:
            for name in sorted(names, key=place):
                points = [
                    (float(row.get("epoch", i + 1)), float(row[name])) for i, row in enumerate(curve) if name in row
                ]
                if points:
                    series.append((f"{run}: {metric_title(name).lower()}" if run else metric_title(name), points))
        if series:
            title = metric.words if drawn == base else f"{metric.words}, {PARTS[drawn.split('_')[0]]}"
            top = 1.0 if base in order and metric.style == "share" else None
            figures.append(line_figure(title, series, top, word=word))
    return figures


def _is_training(name: str) -> bool:
    """Told of examples that were learned from; a series without a part counts as such."""
    return not name.startswith("val_")


def _counted(curve: Sequence[dict[str, Any]]) -> str:
    """What the rows of a curve are: settings that were tried, epochs, or stages where nothing is gone over again."""
    if any(TRIED in row for row in curve):
        return "strength tried"
    return "epoch" if any("epoch" in row for row in curve) else "stage"


def _number(value: float) -> str:
    """ "0.412", "−1,204": at most nine characters, short enough for the axis."""
    text = spelled(value, ",.0f" if 1e3 <= abs(value) < 1e6 else ".3g")
    return f"−{text[1:]}" if text.startswith("-") else text


def _base(name: str) -> str:
    """ "val_accuracy" → "accuracy"."""
    return name.removeprefix("train_").removeprefix("val_")


def line_figure(
    title: str,
    series: Sequence[tuple[str, list[tuple[float, float]]]],
    top: float | None,
    *,
    from_zero: bool = True,
    word: str = "epoch",
) -> CurveFigure:
    """Lines over whole numbers. series: (name, [(x, y)]); top: least height of the upper end, None for the data's.

    word: what is counted along the line: "epoch", "stage", "step", or "strength tried", of which no end is told but
    the range.
    """
    xs = sorted({x for _, points in series for x, _ in points})
    values = [y for _, points in series for _, y in points]
    y_axis = axis_covering([*values, 0.0, top or 0.0] if from_zero else values, most=6)
    x_axis = axis_within(xs[0], xs[-1], whole=True)
    lines = []
    for number, (name, points) in enumerate(series):
        spots = [(x_axis.at(x), y_axis.at(y)) for x, y in points]
        drawn = " ".join(f"{x},{y}" for x, y in spots)
        dot = _dot(*spots[0], points[0][1], to_left=bool(number % 2)) if len(spots) == 1 else None
        lines.append(Line(name, number % 8 + 1, drawn, points[-1][1], dot))
    is_tried = word == "strength tried"
    told = [
        f"{line.title[:1].lower()}{line.title[1:]} "
        + (
            f"{_number(min(y for _, y in points))} to {_number(max(y for _, y in points))}"
            if is_tried
            else _number(line.last)
        )
        for line, (_, points) in zip(lines, series, strict=True)
    ]
    many = word if len(xs) == 1 else "strengths tried" if is_tried else f"{word}s"
    at = [dict(points) for _, points in series]
    return CurveFigure(
        title=title,
        lines=lines,
        y_ticks=y_axis.marks(),
        x_ticks=x_axis.marks(),
        summary=f"{'' if is_tried else 'After '}{len(xs)} {many}: {', '.join(told)}.",
        columns=[word.capitalize(), *(name for name, _ in series)],
        rows=[[f"{x:g}", *(spelled(known[x], ".4f") if x in known else None for known in at)] for x in xs],
    )


def _dot(x: float, y: float, value: float, *, to_left: bool) -> Dot:
    """to_left: where there is room on both sides, so that two series at one place stay readable."""
    to_left = to_left if DOT_TEXT < x < WIDTH - DOT_TEXT else x > WIDTH / 2
    return Dot(x, y, _number(value), -9 if to_left else 9, "end" if to_left else "start")


def confusion_figure(labels: Sequence[str], matrix: Sequence[Sequence[int]]) -> ConfusionFigure:
    """Draw counts, shaded by their share of the true label."""
    titles = [label_title(label) for label in labels]
    left = min(150, 24 + 8 * max(len(title) for title in titles))
    top = 30 + min(110, 6 * max(len(title) for title in titles))
    wide = max(CELL, (CONFUSION_WIDTH - left - SLANT) // len(titles))
    cells = []
    for i, row in enumerate(matrix):
        total = sum(row) or 1
        for j, count in enumerate(row):
            title = _("%(true)s predicted as %(label)s: %(count)s of %(total)s")
            title = title % {"true": titles[i], "label": titles[j], "count": count, "total": total}
            cells.append(Cell(left + j * wide, top + i * CELL, count, f"{0.55 * count / total:.3f}", i == j, title))
    worst = max(((row[j], i, j) for i, row in enumerate(matrix) for j in range(len(row)) if i != j), default=(0, 0, 0))
    if worst[0]:
        summary = _("Most often confused: %(true)s predicted as %(label)s, %(n)s times.")
        summary = summary % {"true": titles[worst[1]], "label": titles[worst[2]], "n": worst[0]}
    else:
        summary = _("No wrong predictions.")
    return ConfusionFigure(
        labels=titles,
        cells=cells,
        row_marks=[(top + i * CELL + CELL // 2, title) for i, title in enumerate(titles)],
        column_marks=[(left + i * wide + wide // 2, title) for i, title in enumerate(titles)],
        left=left,
        top=top,
        width=left + wide * len(titles) + SLANT,
        height=top + CELL * len(titles) + 8,
        summary=summary,
        columns=[_("True label"), *(_("predicted %(title)s") % {"title": title} for title in titles)],
        rows=[[titles[i], *row] for i, row in enumerate(matrix)],
        cell_width=wide,
    )


def metric_title(name: str) -> str:
    """ "val_accuracy" → "Validation accuracy"."""
    return TITLES.get(name, name.replace("_", " ").capitalize())


def label_title(label: str) -> str:
    return label.replace("_", " ").replace("-", " ").capitalize()
