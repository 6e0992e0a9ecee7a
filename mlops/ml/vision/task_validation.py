"""How good a model of few videos is: each block of time is held out once, and the interval is drawn from the blocks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mlops.ml.contract import FloatArray, IntArray, NotEnoughData, OnStep, Windows, ignore
from mlops.ml.intervals import groups_interval
from mlops.ml.metrics import classification_report
from mlops.ml.vision.task_datasets import TaskDataset
from mlops.ml.vision.task_splits import NOWHERE, PARTS, Where, block_edges, in_blocks
from mlops.ml.windows import Scaler

BLOCK_WINDOWS = 2.0
"""Length of a block that is held out, in windows."""
MIN_GROUPS = 5
"""Fewer groups give no interval."""


def blocked_validation(
    dataset: TaskDataset, make: Callable[[Windows], Any], *, seed: int = 0, on_step: OnStep = ignore
) -> dict[str, Any]:
    """Hold out each block of time of a data set once; a model made by `make` learns from what lies a window away.

    Nothing of a block, nor of the time beside it, normalises the windows that its model learns from.
    Returns accuracy, f1_macro, its 95 % interval from whole blocks (None with fewer than five), confusion, n_blocks,
    n_windows and n_left_out: windows of blocks without two labels to learn from around them.
    Raises NotEnoughData where no block can be held out.
    """
    windows, where = every_window(dataset)
    gap_s = float(dataset.metadata["window"]["window_s"])
    blocks = _blocks(where, gap_s)
    answers: list[FloatArray] = []
    asked: list[IntArray] = []
    for done, (video, low, high) in enumerate(blocks):
        on_step(done, len(blocks))
        inside = (where.video == video) & (where.start_s >= low - 1e-6) & (where.end_s <= high + 1e-6)
        near = (where.video == video) & (where.end_s > low - gap_s) & (where.start_s < high + gap_s)
        taught, held_out = np.flatnonzero(~near), np.flatnonzero(inside)
        if len(held_out) and len(taught) and len(np.unique(where.y[taught])) > 1:
            answers.append(_answered(windows, taught, held_out, make, seed))
            asked.append(held_out)
    on_step(len(blocks), len(blocks))
    if not asked:
        raise NotEnoughData("The video is too short to hold out a block of it")
    order, found = np.concatenate(asked), np.concatenate(answers)
    group = np.repeat(np.arange(len(asked)), [len(one) for one in asked])
    held = Windows(windows.x[order], where.y[order], group.astype(np.str_), windows.labels)
    report = classification_report(where.y[order], found, windows.labels)
    return {
        "accuracy": report["accuracy"],
        "f1_macro": report["f1_macro"],
        "f1_macro_interval": f1_interval(found, held),
        "confusion_matrix": report["confusion"],
        "n_blocks": len(asked),
        "n_windows": len(order),
        "n_left_out": len(windows) - len(np.unique(order)),
    }


def f1_interval(answers: Any, windows: Windows) -> list[float] | None:
    """[low, high] of the macro F1 when whole groups are drawn again; None with fewer than five of them."""
    if len(np.unique(windows.groups)) < MIN_GROUPS or windows.y is None:
        return None
    y = windows.y

    def f1(drawn: Any) -> float:
        return classification_report(y[drawn], answers[drawn], windows.labels)["f1_macro"]

    return list(groups_interval(f1, windows.groups))


def every_window(dataset: TaskDataset) -> tuple[Windows, Where]:
    """All windows of a data set, each once however its labels were balanced, in the order of their time."""
    parts = [dataset.part(name) for name in PARTS]
    start_s = np.concatenate([dataset.starts(name) for name in PARTS])
    x, y = np.concatenate([part.x for part in parts]), np.concatenate([np.asarray(part.y) for part in parts])
    groups = np.concatenate([part.groups for part in parts])
    video = np.unique(groups, return_inverse=True)[1]
    kept = np.unique(np.column_stack([video, start_s]), axis=0, return_index=True)[1]
    windows = Windows(x, y, groups, dataset.labels).take(kept)
    length = float(dataset.metadata["window_spec"]["length"]) / float(dataset.metadata["window_spec"]["rate_hz"])
    start_s, video = start_s[kept], video[kept].astype(np.int64)
    return windows, Where(video, video, start_s, start_s + length, y[kept])


def _blocks(where: Where, window_s: float) -> list[tuple[int, float, float]]:
    """(video, start, end) of all blocks in which a window lies whole."""
    found = []
    for video in np.unique(where.video):
        mine = where.video == video
        edges = block_edges(float(where.start_s[mine].min()), float(where.end_s[mine].max()), BLOCK_WINDOWS * window_s)
        own = in_blocks(where.start_s[mine], where.end_s[mine], edges, 0.0)
        found += [(int(video), float(edges[i]), float(edges[i + 1])) for i in np.unique(own) if i != NOWHERE]
    return found


def _answered(
    windows: Windows, taught: IntArray, held_out: IntArray, make: Callable[[Windows], Any], seed: int
) -> FloatArray:
    train, test = windows.take(taught), windows.take(held_out)
    scaler = Scaler.fit(train.x)
    spread = scaler.spread.astype(np.float32)
    mean = scaler.mean.astype(np.float32)
    again = [Windows((part.x - mean) / spread, part.y, part.groups, part.labels) for part in (train, test)]
    model = make(again[0])
    model.fit(again[0], seed=seed)
    answers: FloatArray = model.predict_proba(again[1].x)
    return answers
