"""Read parts of a recording: only the row groups and channels that are asked for are loaded."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import BadArtifact, BadValue, FloatArray
from mlops.ml.sensors.layouts import Layout, parse_layout
from mlops.ml.sensors.recording_file.writer import LAYOUT_KEY, T0_KEY

Float64Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class RecordingInfo:
    """What the footer of a recording tells: layout, number of samples, length, first source time stamp."""

    layout: Layout
    n_samples: int
    duration_s: float
    t0: float


def read_info(path: Path) -> RecordingInfo:
    """Read a recording's footer; raises BadArtifact for a file that is missing, damaged or no recording."""
    with _open(path) as file:
        return _info(file)


def iter_range(
    path: Path,
    start_s: float = 0.0,
    end_s: float | None = None,
    channels: Sequence[str] | None = None,
) -> Iterator[tuple[Float64Array, FloatArray]]:
    """Yield (t, samples) of ``start_s <= t < end_s`` one row group (65,536 samples) at a time.

    Raises BadArtifact, and BadValue for a channel the recording does not have.
    """
    with _open(path) as file:
        info = _info(file)
        names = list(info.layout.channel_names if channels is None else channels)
        info.layout.positions(names)
        stop = np.inf if end_s is None else end_s
        for group in range(file.num_row_groups):
            low, high = _time_bounds(file, group)
            if high < start_s or low >= stop:
                continue
            table = _row_group(file, group, ["t", *names])
            t = table.column("t").to_numpy()
            first, last = np.searchsorted(t, [start_s, stop])
            if first == last:
                continue
            samples = np.empty((last - first, len(names)), np.float32)
            for i, name in enumerate(names):
                samples[:, i] = table.column(name).to_numpy()[first:last]
            yield t[first:last], samples


def read_range(
    path: Path,
    start_s: float = 0.0,
    end_s: float | None = None,
    channels: Sequence[str] | None = None,
) -> tuple[Float64Array, FloatArray]:
    """Return (t (n,) seconds from the start, samples (n, channels) float32) of ``start_s <= t < end_s``."""
    pieces = list(iter_range(path, start_s, end_s, channels))
    if not pieces:
        n = read_info(path).layout.n_channels if channels is None else len(channels)
        return np.zeros(0), np.zeros((0, n), np.float32)
    return np.concatenate([t for t, _ in pieces]), np.concatenate([s for _, s in pieces])


def envelope(
    path: Path,
    start_s: float = 0.0,
    end_s: float | None = None,
    max_points: int = 1000,
    channels: Sequence[str] | None = None,
    *,
    gap_s: float | None = None,
) -> tuple[Float64Array, FloatArray, FloatArray]:
    """Return (t (m,), lowest (m, channels), highest (m, channels)) for a chart of at most `max_points` points.

    Up to `max_points` samples come as they are; more are put into that many equal stretches of time, of which each
    gives its lowest and highest value, so that no peak is lost. Stretches without samples are left out. With
    `gap_s`, one row of NaN marks each pause longer than that, for a line that should break there.
    """
    if max_points < 2:
        raise BadValue("a chart needs at least 2 points")
    info = read_info(path)
    n_channels = info.layout.n_channels if channels is None else len(channels)
    start = max(0.0, start_s)
    stop = np.nextafter(info.duration_s, np.inf) if end_s is None else min(end_s, np.nextafter(info.duration_s, np.inf))
    width = max(stop - start, 1e-9) / max_points
    low = np.full((max_points, n_channels), np.inf, np.float32)
    high = np.full((max_points, n_channels), -np.inf, np.float32)
    plain: list[tuple[Float64Array, FloatArray]] = []
    n_seen = 0
    for t, samples in iter_range(path, start, stop, channels):
        n_seen += len(t)
        if n_seen <= max_points:
            plain.append((t, samples))
        bucket = np.minimum(((t - start) / width).astype(np.int64), max_points - 1)
        firsts = np.flatnonzero(np.diff(bucket, prepend=-1))
        at = bucket[firsts]
        low[at] = np.minimum(low[at], np.minimum.reduceat(samples, firsts, axis=0))
        high[at] = np.maximum(high[at], np.maximum.reduceat(samples, firsts, axis=0))
    if n_seen == 0:
        return np.zeros(0), low[:0], high[:0]
    if n_seen <= max_points:
        times = np.concatenate([t for t, _ in plain])
        low = high = np.concatenate([s for _, s in plain])
        step = 0.0
    else:
        filled = np.isfinite(low[:, 0])
        times = start + (np.flatnonzero(filled) + 0.5) * width
        low, high, step = low[filled], high[filled], 2 * width
    if gap_s is not None:
        after = np.flatnonzero(np.diff(times) > max(gap_s, step)) + 1
        times = np.insert(times, after, (times[after - 1] + times[after]) / 2)
        low, high = np.insert(low, after, np.nan, axis=0), np.insert(high, after, np.nan, axis=0)
    return times, low, high


def _open(path: Path) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(path, memory_map=False, page_checksum_verification=True)
    except (OSError, pa.ArrowException) as error:
        raise BadArtifact(f"cannot read the recording {Path(path).name}") from error


def _row_group(file: Any, group: int, columns: list[str]) -> Any:
    """One row group; a page whose checksum does not fit is BadArtifact rather than wrong samples."""
    import pyarrow as pa

    try:
        return file.read_row_group(group, columns=columns, use_threads=False)
    except (OSError, pa.ArrowException) as error:
        raise BadArtifact("the samples of this recording are damaged") from error


def _info(file: Any) -> RecordingInfo:
    kept = file.schema_arrow.metadata or {}
    try:
        layout = parse_layout(json.loads(kept[LAYOUT_KEY]))
        t0 = float(kept[T0_KEY])
    except (KeyError, ValueError, BadValue) as error:
        raise BadArtifact("this Parquet file is not a recording") from error
    if file.schema_arrow.names != ["t", *layout.channel_names] or file.num_row_groups == 0:
        raise BadArtifact("the columns of this recording do not fit its layout")
    duration = _time_bounds(file, file.num_row_groups - 1)[1]
    return RecordingInfo(layout, file.metadata.num_rows, duration, t0)


def _time_bounds(file: Any, group: int) -> tuple[float, float]:
    statistics = file.metadata.row_group(group).column(0).statistics
    if statistics is None or not statistics.has_min_max:
        raise BadArtifact("this recording has no time statistics")
    return float(statistics.min), float(statistics.max)
