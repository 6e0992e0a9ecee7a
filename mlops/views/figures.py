"""Numbers to drawings: curves and confusion matrices as plain SVG facts for templates."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

WIDTH, HEIGHT = 640, 260
LEFT, RIGHT, TOP, BOTTOM = 48, 12, 14, 30
CELL = 44
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


def curve_figures(curve: Sequence[dict[str, Any]]) -> list[CurveFigure]:
    """One drawing for losses and one for shares (accuracy, F1), as far as the curve has them."""
    names = [name for name in dict.fromkeys(key for row in curve for key in row) if name != "epoch"]
    losses = [name for name in names if "loss" in name]
    shares = [name for name in names if any(word in name for word in ("accuracy", "f1", "auc"))]
    figures = []
    for title, chosen, top in (("Accuracy", shares, 1.0), ("Loss", losses, None)):
        if chosen and any(name in row for row in curve for name in chosen):
            figures.append(_curve(title, chosen, curve, top))
    return figures


def _curve(title: str, names: list[str], curve: Sequence[dict[str, Any]], top: float | None) -> CurveFigure:
    xs = [float(row.get("epoch", i + 1)) for i, row in enumerate(curve)]
    values = [row[name] for row in curve for name in names if name in row]
    low, high = 0.0, max(top or 0.0, *values) or 1.0
    x_low, x_high = min(xs), max(max(xs), min(xs) + 1)

    def place(x: float, y: float) -> tuple[float, float]:
        return (
            round(LEFT + (x - x_low) / (x_high - x_low) * (WIDTH - LEFT - RIGHT), 1),
            round(TOP + (1 - (y - low) / (high - low)) * (HEIGHT - TOP - BOTTOM), 1),
        )

    lines = []
    for number, name in enumerate(names, start=1):
        spots = [place(x, row[name]) for x, row in zip(xs, curve, strict=True) if name in row]
        last = next(row[name] for row in reversed(curve) if name in row)
        points = " ".join(f"{x},{y}" for x, y in spots)
        lines.append(Line(metric_title(name), number, points, last, spots[0] if len(spots) == 1 else None))
    ends = ", ".join(f"{line.title.lower()} {line.last:.3g}" for line in lines)
    return CurveFigure(
        title=title,
        lines=lines,
        y_ticks=[
            (place(x_low, low + part * (high - low))[1], f"{low + part * (high - low):.2g}") for part in (0, 0.5, 1)
        ],
        x_ticks=[(place(x, low)[0], f"{x:g}") for x in sorted({x_low, x_high if len(xs) > 1 else x_low})],
        summary=f"After {len(curve)} {'epoch' if len(curve) == 1 else 'epochs'}: {ends}.",
        columns=["Epoch", *(metric_title(name) for name in names)],
        rows=[
            [f"{x:g}", *(f"{row[name]:.4f}" if name in row else None for name in names)]
            for x, row in zip(xs, curve, strict=True)
        ],
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
