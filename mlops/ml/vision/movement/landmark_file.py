"""The points of a body in every frame of a feature file, as they were found."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import UnreadableInput
from mlops.ml.vision.task_columns import N_LANDMARKS, POSE
from mlops.ml.vision.task_features import EXTRACTION

Floats = npt.NDArray[np.float64]
Spans = list[tuple[float, float, str]]
MAX_ROWS = 2_000_000


@dataclass(frozen=True)
class Landmarks:
    """Points of one clip.

    t       (n,) seconds, rising
    points  (n, 33, 2) in heights of the picture, NaN where nobody is found
    scores  (n, 33) visibility, 0 where nobody is found
    spans   (start_s, end_s, label) that the file itself is labelled with

    is_generated  a program made the clip up
    """

    t: Floats
    points: Floats
    scores: Floats
    spans: Spans
    is_generated: bool = False

    def between(self, start_s: float, end_s: float) -> Landmarks:
        """The frames from `start_s` up to `end_s`."""
        first, end = np.searchsorted(self.t, [start_s - 1e-6, end_s - 1e-6])
        return Landmarks(self.t[first:end], self.points[first:end], self.scores[first:end], [], self.is_generated)


def read_landmarks(path: Path) -> Landmarks:
    """Landmarks of one clip; a foreign file belongs into a limited child. Raises UnreadableInput."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path, memory_map=False) as file:
            if file.metadata.num_rows > MAX_ROWS:
                raise UnreadableInput(f"the feature file {path.name} is too large", code="too_large")
            names = file.schema_arrow.names
            if lost := [name for name in ("t", POSE) if name not in names]:
                raise UnreadableInput(f"the feature file {path.name} has no column {lost[0]}", code="missing_column")
            wanted = ["t", POSE, *(name for name in ("label",) if name in names)]
            table = file.read(columns=wanted, use_threads=False)
            metadata = file.schema_arrow.metadata or {}
            shape, is_generated = _shape_of(metadata), metadata.get(b"generated", b"").lower() == b"true"
        t = np.asarray(table.column("t").cast(pa.float64()).to_numpy(), np.float64)
        texts = table.column(POSE).cast(pa.string()).to_pylist()
        labels = table.column("label").cast(pa.string()).to_pylist() if "label" in wanted else [None] * len(t)
        found = np.full((len(t), N_LANDMARKS, 3), np.nan)
        found[..., 2] = 0.0
        for row, text in enumerate(texts):
            if text and text not in ("null", "[]"):
                found[row] = _pose(text)
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError, IndexError, RecursionError) as error:
        words = f"the feature file {path.name} is damaged: {str(error)[:200]}"
        raise UnreadableInput(words, code="damaged") from error
    found[..., 0] *= shape
    kept = np.flatnonzero(np.isfinite(t))
    order = kept[np.argsort(t[kept], kind="stable")]
    ordered = [labels[int(i)] or "" for i in order]
    return Landmarks(t[order], found[order, :, :2], found[order, :, 2], runs(t[order], ordered), is_generated)


def _pose(text: str) -> Floats:
    """(33, 3) x, y, visibility; 1 where the file does not say."""
    given = json.loads(text)
    if isinstance(given[0], dict):
        given = [[one["x"], one["y"], one.get("z", 0.0), one.get("visibility", 1.0)] for one in given]
    values = np.asarray(given, np.float64)
    if values.ndim != 2 or len(values) != N_LANDMARKS or values.shape[1] < 2 or not np.isfinite(values).all():
        raise ValueError(f"a pose of {values.shape}")
    seen = values[:, 3] if values.shape[1] > 3 else np.ones(N_LANDMARKS)
    return np.column_stack([values[:, :2], seen.clip(0, 1)])


def _shape_of(metadata: dict[bytes, bytes]) -> float:
    """Width of the pictures through their height."""
    picture = json.loads(metadata.get(EXTRACTION, b"{}")).get("video") or {}
    width = picture.get("width") or metadata.get(b"width", b"1")
    height = picture.get("height") or metadata.get(b"height", b"1")
    return float(width) / float(height)


def runs(t: Floats, labels: list[str]) -> Spans:
    """(start_s, end_s, label) of the runs of one label over frames at `t`; each lasts until the next frame."""
    found: Spans = []
    first = 0
    for row in range(1, len(t) + 1):
        if row == len(t) or labels[row] != labels[first]:
            if labels[first]:
                end_s = t[row] if row < len(t) else t[-1] + (t[-1] - t[-2] if len(t) > 1 else 0.0)
                found.append((float(t[first]), float(end_s), labels[first]))
            first = row
    return found
