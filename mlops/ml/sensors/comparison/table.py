"""The comparison as a page of Markdown: a table for each data set, paired intervals, and what follows from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mlops.ml.metrics import paired_bootstrap
from mlops.ml.registry import estimator_class
from mlops.ml.sensors.comparison.cells import BATCH_SIZE, TOLERANCE
from mlops.ml.sensors.comparison.data import ComparisonSet

BASELINE = "random_forest"
NEARLY_PERFECT, MIN_TIMES_FASTER = 0.99, 20
Cells = Mapping[str, Mapping[str, Any]]
"""estimator → cell."""


def page(sets: Sequence[ComparisonSet], cells: Mapping[str, Cells], *, command: str, machine: str) -> str:
    """Return docs/estimators.md for the cells that are there."""
    parts = [_INTRO.format(command=command, machine=machine, batch_size=BATCH_SIZE)]
    for data in sets:
        if cells.get(data.name):
            parts.append(_section(data, cells[data.name]))
    parts.append(_findings(sets, cells))
    return "\n\n".join(parts) + "\n"


def interval(a: Mapping[str, Any], b: Mapping[str, Any]) -> tuple[float, float, float]:
    """Return accuracy a − accuracy b on the same windows with its 95 % interval; blocks are resampled."""
    return paired_bootstrap(np.asarray(a["correct"]), np.asarray(b["correct"]), np.asarray(a["blocks"]))


def _section(data: ComparisonSet, cells: Cells) -> str:
    lines = [
        f"### {data.title}",
        "",
        f"{data.about[0].upper()}{data.about[1:]}. Intervals resample by {data.block_word}.",
        "",
        "| estimator | accuracy | against the forest (95 %) | macro F1 | calibration error | accuracy on its training "
        "windows | training, CPU s | epochs | native, ONNX size | native ms, 1 / 256 | ONNX ms, 1 / 256 |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    base = cells.get(BASELINE)
    for name, cell in sorted(cells.items(), key=lambda item: -item[1]["accuracy"]):
        gain = "baseline"
        if base is not None and name != BASELINE:
            difference, low, high = interval(cell, base)
            gain = f"{difference:+.3f} ({low:+.3f} to {high:+.3f})"
        row = [
            f"{estimator_class(name).title} `{name}`",
            f"{cell['accuracy']:.3f}",
            gain,
            f"{cell['f1_macro']:.3f}",
            f"{cell['ece']:.3f}",
            f"{cell['train_accuracy']:.3f}",
            f"{cell['cpu_seconds']:.1f}",
            str(cell["epochs"] or "–"),
            f"{_size(cell['native_bytes'])}, {_size(cell['onnx_bytes'])}",
            _pair(cell, "native"),
            _pair(cell, "onnx"),
        ]
        lines.append("| " + " | ".join(row) + " |")
    worst = max(cell["onnx_gap"] for cell in cells.values())
    verdict = "within" if worst <= TOLERANCE else "OUTSIDE"
    lines += ["", f"ONNX and native answers differ by at most {worst:.1e}: {verdict} the promised 1e-4."]
    return "\n".join(lines)


def _findings(sets: Sequence[ComparisonSet], cells: Mapping[str, Cells]) -> str:
    lines = ["### What follows", ""]
    for data in sets:
        own = cells.get(data.name, {})
        if BASELINE in own:
            lines.append(f"- {_against_forest(data, own)}")
        if {"random_kernels", "bilstm"} <= set(own):
            lines.append(f"- {_kernels_against_bilstm(data, own)}")
    return "\n".join(lines)


def _against_forest(data: ComparisonSet, cells: Cells) -> str:
    base = cells[BASELINE]
    better: list[str] = []
    equal: list[str] = []
    worse: list[str] = []
    for name, cell in cells.items():
        if name != BASELINE:
            _, low, high = interval(cell, base)
            (better if low > 0 else worse if high < 0 else equal).append(f"`{name}`")
    words = [
        f"clearly better: {', '.join(better) or 'none'}",
        f"not to be told apart: {', '.join(equal) or 'none'}",
        f"clearly worse: {', '.join(worse) or 'none'}",
    ]
    perfect = [f"`{name}`" for name, cell in cells.items() if cell["accuracy"] == 1.0]
    wanted = _wanted(base, better, equal, perfect)
    return f"{data.title}: against the forest's {base['accuracy']:.3f}, {'; '.join(words)}. {wanted}"


def _wanted(base: Mapping[str, Any], better: Sequence[str], equal: Sequence[str], perfect: Sequence[str]) -> str:
    """What was asked for: at least equal where the forest is nearly perfect, clearly better elsewhere."""
    if base["accuracy"] >= NEARLY_PERFECT:
        met = bool(better or equal)
        return (
            f"Wanted was at least equal, as the forest is at {NEARLY_PERFECT:g} or more: {'met' if met else 'MISSED'}."
        )
    if better:
        return f"Wanted was clearly better: met by {', '.join(better)}."
    all_right = f"; {', '.join(perfect)} are right on every case, and more there is not to be had" if perfect else ""
    return f"Wanted was clearly better: MISSED, by every one of them{all_right}."


def _kernels_against_bilstm(data: ComparisonSet, cells: Cells) -> str:
    kernels, recurrent = cells["random_kernels"], cells["bilstm"]
    ratio = recurrent["cpu_seconds"] / max(kernels["cpu_seconds"], 1e-9)
    difference, low, high = interval(kernels, recurrent)
    known = "higher" if low > 0 else "lower" if high < 0 else "no lower"
    text = (
        f"{data.title}: the random kernels train {ratio:.0f} times faster than the BiLSTM "
        f"({kernels['cpu_seconds']:.1f} against {recurrent['cpu_seconds']:.1f} CPU s) at {known} accuracy "
        f"({difference:+.3f}, {low:+.3f} to {high:+.3f})"
    )
    met = ratio >= MIN_TIMES_FASTER and high >= 0
    default = estimator_class("bilstm").Config().epochs
    if recurrent["epochs"] < default:
        text += (
            f"; the BiLSTM had {recurrent['epochs']} epochs, {default} are its default; it knew "
            f"{recurrent['train_accuracy']:.3f} of its training windows at the end"
        )
    return f"{text}. Wanted was {MIN_TIMES_FASTER} times at no lower accuracy: {'met' if met else 'MISSED'}."


def _pair(cell: Mapping[str, Any], engine: str) -> str:
    times = cell.get("latency")
    return "–" if not times else f"{times[f'{engine}_1_ms']:.2f} / {times[f'{engine}_256_ms']:.1f}"


def _size(n_bytes: int) -> str:
    return f"{n_bytes / 1e6:.1f} MB" if n_bytes >= 100_000 else f"{n_bytes / 1e3:.0f} kB"


_INTRO = """## All sensor estimators on the same data

Made by `{command}` on {machine}. Every estimator has its default settings, except that
networks take {batch_size} windows a step and so many epochs as stand in the table. Their step size falls to zero over
the epochs, and the epoch that was best (on the people to stop by, else by the loss in training) is kept.
Where a network's accuracy on its own training windows is still far from 1, more epochs would help it. All estimators of
a table see the same training windows, of the first two sets fewer and at a lower rate than the shipped models do, so
that the largest has time to converge; these are no figures of shipped models. Training time is processor time on one
thread, summed over the folds. Latency is the processor time of one call with one thread (the wait for it where nothing
else runs), the median of 5 rounds, for a whole batch of 1 or of 256 windows. The calibration error is the mean gap
between confidence and accuracy over 15 bins. Seed 0."""
