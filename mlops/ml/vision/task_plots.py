"""Pictures of what a task model relies on and what it confuses, as PNG files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

INK, ACCENT = "#33414d", "#1b7f79"
MOST = 25
"""Features that are drawn; the table has them all."""


def plot_importance(importance: Mapping[str, float], path: Path) -> None:
    """Accuracy lost when a feature comes from another window, the largest at the top."""
    ordered = sorted(importance.items(), key=lambda one: one[1])[-MOST:]
    figure, axes = _figure(8, 1.0 + 0.28 * len(ordered))
    axes.barh(range(len(ordered)), [100 * value for _, value in ordered], color=ACCENT)
    axes.set_yticks(range(len(ordered)), [name.replace("_", " ") for name, _ in ordered])
    axes.set_xlabel("Accuracy lost without the feature (points)")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=100)


def plot_confusion(matrix: Sequence[Sequence[int]], labels: Sequence[str], path: Path) -> None:
    """Windows by true label (rows) and prediction (columns), shaded by the share of the row."""
    counts = np.asarray(matrix, np.float64)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = 2.2 + 0.6 * len(labels)
    figure, axes = _figure(side + 1, side)
    axes.imshow(shares, cmap="BuGn", vmin=0, vmax=1)
    for (row, column), share in np.ndenumerate(shares):
        colour = "white" if share > 0.6 else INK
        axes.text(column, row, f"{counts[row, column]:.0f}", ha="center", va="center", color=colour)
    axes.set_xticks(range(len(labels)), labels, rotation=40, ha="right")
    axes.set_yticks(range(len(labels)), labels)
    axes.set_xlabel("Prediction")
    axes.set_ylabel("True label")
    figure.savefig(path, dpi=100)


def _figure(width: float, height: float) -> tuple[Any, Any]:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot()
