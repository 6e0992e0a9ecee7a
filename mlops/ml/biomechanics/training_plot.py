"""The curves of a training, as a PNG file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

CURVES_FILE = "training_curves.png"
INK, ACCENT = "#33414d", "#1b7f79"
PANELS = (
    ("loss", "Loss"), ("form_score_rmse", "Form score, root mean squared error (points)"),
    ("joint_angles_mae", "Joint angles, mean error (°)"), ("exercise_accuracy", "Exercise recognised"),
)  # fmt: skip


def plot_curves(curve: Sequence[Mapping[str, float]], path: Path) -> None:
    """Training and validation over the epochs; the kept epoch is marked."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 6), layout="constrained")
    FigureCanvasAgg(figure)
    epochs = [row["epoch"] for row in curve]
    decides = [row.get("val_form_score_rmse", row["train_loss"]) for row in curve]
    kept = epochs[decides.index(min(decides))]
    for place, (name, title) in enumerate(PANELS, 1):
        axes = figure.add_subplot(2, 2, place)
        for part, colour, words in (("train", INK, "teaching"), ("val", ACCENT, "judging")):
            if f"{part}_{name}" in curve[0]:
                axes.plot(epochs, [row[f"{part}_{name}"] for row in curve], color=colour, label=words)
        axes.axvline(kept, color=INK, linewidth=0.8, linestyle=":")
        axes.set_title(title, fontsize=9)
        axes.set_xlabel("Epoch", fontsize=8)
        axes.tick_params(labelsize=8)
        axes.spines[["top", "right"]].set_visible(False)
    figure.axes[0].legend(fontsize=8, frameon=False)
    figure.savefig(path, dpi=80, metadata={"Software": None})
