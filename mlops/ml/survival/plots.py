"""Pictures of what a risk model learned, as PNG files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mlops.ml.survival.cox import HazardRatio

HAZARD_RATIOS = "cox_hazard_ratios.png"
FOREST_IMPORTANCES = "random_forest_importances.png"
BOOSTING_IMPORTANCES = "gradient_boosting_importances.png"
MARKS = (0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0)
INK, ACCENT = "#33414d", "#1b7f79"


def plot_hazard_ratios(ratios: Sequence[HazardRatio], path: Path, titles: Mapping[str, str]) -> None:
    """Hazard ratios of one standard deviation with their 95 % intervals, on a logarithmic axis."""
    figure, axes = _figure(len(ratios))
    ordered = sorted(ratios, key=lambda one: one.ratio)
    for row, one in enumerate(ordered):
        axes.plot([one.low, one.high], [row, row], color=INK, linewidth=1.5)
        axes.plot(one.ratio, row, "s", color=ACCENT)
    axes.axvline(1, color=INK, linewidth=0.8, linestyle=":")
    axes.set_xscale("log")
    low, high = min(one.low for one in ratios), max(one.high for one in ratios)
    marks = [mark for mark in MARKS if low <= mark <= high] or [1.0]
    axes.set_xticks(marks, [f"{mark:g}" for mark in marks])
    axes.set_xticks([], minor=True)
    _finish(
        figure,
        axes,
        [titles.get(one.feature, one.feature) for one in ordered],
        "Hazard ratio of one standard deviation more (95 % interval)",
        path,
    )


def plot_importances(importances: Mapping[str, float], path: Path, titles: Mapping[str, str]) -> None:
    """Mean decrease of impurity by feature."""
    figure, axes = _figure(len(importances))
    ordered = sorted(importances.items(), key=lambda one: one[1])
    axes.barh(range(len(ordered)), [value for _, value in ordered], color=ACCENT)
    names = [titles.get(name, name) for name, _ in ordered]
    _finish(figure, axes, names, "Importance (mean decrease of impurity)", path)


def _figure(n_rows: int) -> tuple[Any, Any]:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 0.8 + 0.28 * n_rows), layout="constrained")
    return figure, figure.add_subplot()


def _finish(figure: Any, axes: Any, names: Sequence[str], label: str, path: Path) -> None:
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel(label)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=100)
