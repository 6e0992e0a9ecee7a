"""The frames of one video as a shard of a data set: stretches on a uniform grid, cut into windows when they are read.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import UNLABELLED, BadArtifact, FloatArray, IntArray
from mlops.ml.vision.task_features import Frames
from mlops.ml.vision.task_windows import ScalerSums, Stretch, cut, flag_columns, on_grid, windows_of
from mlops.ml.windows import WindowSpec, window_starts

X, Y, STRETCHES = "x.npy", "y.npy", "stretches.json"
Spans = Sequence[tuple[float, float, str]]


def stretches_of(
    frames: Sequence[Frames], labels: Sequence[str], rate_hz: float, spans: Spans | None = None
) -> list[Stretch]:
    """Stretches of one video; `spans` (start_s, end_s, label) say what it shows instead of the file's own labels."""
    if not frames:
        return []
    t = np.concatenate([piece.t for piece in frames])
    x = np.concatenate([piece.x for piece in frames])
    if spans is None:
        y = np.concatenate([_numbers(piece, labels) for piece in frames])
    else:
        y = np.full(len(t), UNLABELLED, np.int64)
        for start_s, end_s, label in spans:
            if label in labels:
                y[(t >= start_s) & (t < end_s)] = list(labels).index(label)
    return on_grid(t, x, y, rate_hz)


def _numbers(piece: Frames, labels: Sequence[str]) -> IntArray:
    own = [list(labels).index(name) if name in labels else UNLABELLED for name in piece.labels]
    return np.array([*own, UNLABELLED], np.int64)[piece.y]


def between(stretches: Sequence[Stretch], start_s: float, end_s: float, rate_hz: float) -> list[Stretch]:
    """The same from `start_s` to `end_s`."""
    found = []
    for one in stretches:
        first = max(0, int(np.ceil((start_s - one.t0_s) * rate_hz - 1e-6)))
        last = min(len(one.x), int(np.floor((end_s - one.t0_s) * rate_hz + 1e-6)))
        if last > first:
            found.append(Stretch(one.t0_s + first / rate_hz, one.x[first:last], one.y[first:last]))
    return found


def write_stretches(folder: Path, stretches: Sequence[Stretch], n_features: int) -> None:
    """Write a shard into an empty folder."""
    x = np.concatenate([one.x for one in stretches]) if stretches else np.zeros((0, n_features), np.float32)
    y = np.concatenate([one.y for one in stretches]) if stretches else np.zeros(0, np.int64)
    np.save(folder / X, x, allow_pickle=False)
    np.save(folder / Y, y, allow_pickle=False)
    where = [[len(one.x), one.t0_s] for one in stretches]
    (folder / STRETCHES).write_text(json.dumps(where) + "\n", "utf-8")


def read_stretches(folder: Path) -> list[Stretch]:
    """What `write_stretches` wrote. Raises BadArtifact."""
    try:
        x, y = (np.load(folder / name, allow_pickle=False) for name in (X, Y))
        where = json.loads((folder / STRETCHES).read_text("utf-8"))
        ends = np.cumsum([n for n, _ in where], dtype=np.int64)
        pieces = zip([0, *ends[:-1]], ends, where, strict=True) if where else ()
        return [Stretch(float(t0), x[first:end], y[first:end]) for first, end, (_, t0) in pieces]
    except (OSError, ValueError, TypeError) as error:
        raise BadArtifact(f"the shard {folder.name} cannot be read") from error


def labelled_windows(
    stretches: Sequence[Stretch], spec: WindowSpec, n_labels: int, features: Sequence[str]
) -> tuple[FloatArray, IntArray]:
    """(n, length, features) windows as measured, NaN for unknown, and the label of each."""
    flags = flag_columns(features)
    xs, ys = [np.zeros((0, spec.length, len(features)), np.float32)], [np.zeros(0, np.int64)]
    for one in stretches:
        found = cut(one, spec, n_labels, flags)
        xs.append(windows_of(one, spec, found.starts))
        ys.append(found.y)
    return np.concatenate(xs), np.concatenate(ys)


def all_windows(
    stretches: Sequence[Stretch], spec: WindowSpec, n_features: int
) -> tuple[FloatArray, npt.NDArray[np.float64]]:
    """Every window, labelled or not, and the second at which each begins."""
    xs, starts_s = [np.zeros((0, spec.length, n_features), np.float32)], [np.zeros(0)]
    for one in stretches:
        starts = window_starts(len(one.x), spec.length, spec.stride)
        xs.append(windows_of(one, spec, starts))
        starts_s.append(one.t0_s + starts / spec.rate_hz)
    return np.concatenate(xs), np.concatenate(starts_s)


def scaler_of(folders: Sequence[Path], spec: WindowSpec, n_labels: int, features: Sequence[str]) -> Any:
    """The scaler of the labelled windows of some shards. Raises BadShape without any."""
    sums = ScalerSums(len(features))
    flags = flag_columns(features)
    for folder in folders:
        for one in read_stretches(folder):
            sums.add(one, cut(one, spec, n_labels, flags).starts, spec.length)
    return sums.scaler()
