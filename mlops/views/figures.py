"""Numbers to drawings: curves and confusion matrices as plain SVG facts for templates."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from mlops.metric import CLASSIFICATION, Metric, metric_named

WIDTH, HEIGHT = 640, 260
LEFT, RIGHT, TOP, BOTTOM = 48, 12, 14, 30
CELL = 44
TRIED = "strength"
"""A row that names it is a setting that was tried beside the others, not a step in time."""
UNDRAWN = frozenset({"epoch", "learning_rate", TRIED})
TITLES = {
    "train_loss": "Training loss",
    "val_loss": "Validation loss",
    "train_accuracy": "Training accuracy",
    "val_accuracy": "Validation accuracy",
}


@dataclass(frozen=True)
class Line:
    """One series: points are "x,y x,y …" in the drawing's units; `number` picks its colour and dash."""

    title: str
    number: int
    points: str
    last: float
    single: tuple[float, float] | None = None


@dataclass(frozen=True)
class CurveFigure:
    """A line drawing over epochs, with its summary in words and its table."""

    title: str
    lines: list[Line]
    y_ticks: list[tuple[float, str]]
    x_ticks: list[tuple[float, str]]
    summary: str
    columns: list[str]
    rows: list[list[Any]]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right_edge: int = WIDTH - RIGHT
    bottom_edge: int = HEIGHT - BOTTOM


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


def curve_figures(curve: Sequence[dict[str, Any]], metrics: Sequence[Metric] = CLASSIFICATION) -> list[CurveFigure]:
    """One drawing for each thing the curve tells: the metrics of the kind first, then losses and the rest."""
    return overlay_figures([("", curve)], metrics)


def overlay_figures(
    curves: Sequence[tuple[str, Sequence[dict[str, Any]]]], metrics: Sequence[Metric] = CLASSIFICATION
) -> list[CurveFigure]:
    """Curves of several runs in one drawing for each metric. curves: (name of the run, its rows)."""
    bases: dict[str, list[str]] = {}
    for _, curve in curves:
        for name in dict.fromkeys(key for row in curve for key in row):
            if name not in UNDRAWN and name not in bases.setdefault(_base(name), []):
                bases[_base(name)].append(name)
    words = {"strength tried" if any(TRIED in row for row in curve) else "epoch" for _, curve in curves if curve}
    word = words.pop() if len(words) == 1 else "step"
    order = [metric.name for metric in metrics]
    figures = []
    for base in sorted(bases, key=lambda base: (order.index(base) if base in order else len(order), base)):
        metric = metric_named(metrics, base)
        series = []
        for run, curve in curves:
            for name in sorted(bases[base]):
                points = [
                    (float(row.get("epoch", i + 1)), float(row[name])) for i, row in enumerate(curve) if name in row
                ]
                if points:
                    series.append((f"{run}: {metric_title(name).lower()}" if run else metric_title(name), points))
        if series:
            figures.append(
                line_figure(metric.title, series, 1.0 if base in order and metric.style == "share" else None, word=word)
            )
    return figures


def _base(name: str) -> str:
    """ "val_accuracy" → "accuracy"."""
    return name.removeprefix("train_").removeprefix("val_")


def line_figure(
    title: str, series: Sequence[tuple[str, list[tuple[float, float]]]], top: float | None, *, from_zero: bool = True,
    word: str = "epoch",
) -> CurveFigure:
    """Lines over whole numbers. series: (name, [(x, y)]); top: least height of the upper end, None for the data's.

    word: what is counted along the line, "epoch", "step" or "strength tried" (then no end is told but the range).
    """
    xs = sorted({x for _, points in series for x, _ in points})
    values = [y for _, points in series for _, y in points]
    low, high = min(values), max(values)
    if from_zero:
        low, high = min(0.0, low), max(top or 0.0, high)
    high = high if high > low else low + 1.0
    x_low, x_high = xs[0], max(xs[-1], xs[0] + 1)

    def place(x: float, y: float) -> tuple[float, float]:
        return (
            round(LEFT + (x - x_low) / (x_high - x_low) * (WIDTH - LEFT - RIGHT), 1),
            round(TOP + (1 - (y - low) / (high - low)) * (HEIGHT - TOP - BOTTOM), 1),
        )

    lines = []
    for number, (name, points) in enumerate(series):
        spots = [place(x, y) for x, y in points]
        drawn = " ".join(f"{x},{y}" for x, y in spots)
        lines.append(Line(name, number % 8 + 1, drawn, points[-1][1], spots[0] if len(spots) == 1 else None))
    is_tried = word == "strength tried"
    told = [
        f"{line.title[:1].lower()}{line.title[1:]} "
        + (f"{min(y for _, y in points):.3g} to {max(y for _, y in points):.3g}" if is_tried else f"{line.last:.3g}")
        for line, (_, points) in zip(lines, series, strict=True)
    ]
    many = word if len(xs) == 1 else "strengths tried" if is_tried else f"{word}s"
    at = [dict(points) for _, points in series]
    return CurveFigure(
        title=title,
        lines=lines,
        y_ticks=[
            (place(x_low, low + part * (high - low))[1], f"{low + part * (high - low):.2g}") for part in (0, 0.5, 1)
        ],
        x_ticks=[(place(x, low)[0], f"{x:g}") for x in sorted({x_low, x_high if len(xs) > 1 else x_low})],
        summary=f"{'' if is_tried else 'After '}{len(xs)} {many}: {', '.join(told)}.",
        columns=[word.capitalize(), *(name for name, _ in series)],
        rows=[[f"{x:g}", *(f"{known[x]:.4f}" if x in known else None for known in at)] for x in xs],
    )


def confusion_figure(labels: Sequence[str], matrix: Sequence[Sequence[int]]) -> ConfusionFigure:
    """Draw counts, shaded by their share of the true label."""
    titles = [label_title(label) for label in labels]
    left = min(150, 24 + 8 * max(len(title) for title in titles))
    top = 30 + min(110, 6 * max(len(title) for title in titles))
    cells = []
    for i, row in enumerate(matrix):
        total = sum(row) or 1
        for j, count in enumerate(row):
            title = f"{titles[i]} named {titles[j]}: {count} of {total}"
            cells.append(Cell(left + j * CELL, top + i * CELL, count, f"{0.55 * count / total:.3f}", i == j, title))
    worst = max(((row[j], i, j) for i, row in enumerate(matrix) for j in range(len(row)) if i != j), default=(0, 0, 0))
    if worst[0]:
        summary = f"Most often mixed up: {titles[worst[1]]} named {titles[worst[2]]}, {worst[0]} times."
    else:
        summary = "No window was named wrongly."
    return ConfusionFigure(
        labels=titles,
        cells=cells,
        row_marks=[(top + i * CELL + CELL // 2, title) for i, title in enumerate(titles)],
        column_marks=[(left + i * CELL + CELL // 2, title) for i, title in enumerate(titles)],
        left=left,
        top=top,
        width=left + CELL * len(titles) + 40,
        height=top + CELL * len(titles) + 8,
        summary=summary,
        columns=["True label", *(f"named {title}" for title in titles)],
        rows=[[titles[i], *row] for i, row in enumerate(matrix)],
    )


def metric_title(name: str) -> str:
    """ "val_accuracy" → "Validation accuracy"."""
    return TITLES.get(name, name.replace("_", " ").capitalize())


def label_title(label: str) -> str:
    return label.replace("_", " ").replace("-", " ").capitalize()
