"""Data sets of tasks in videos: windows against a plain Python loop, and the memory of a very large build.

    python -m benchmarks.datasets [--frames 200000] [--folder FOLDER] [--json FILE]

loop   Frames at uneven times with lost values become labelled, normalised windows (2 s every 0.5 s): resampled by time,
       held where lost, cut, labelled by majority, z-scored. The plain way does the same number by number, once; ours is
       the median of five. Both must agree.
build  Feature files with `--frames` frames in all go through `build_task_dataset` in a process of its own. Frames and
       landmarks repeat (the files are generated quickly), but each row is parsed as any other. Peak memory is ru_maxrss
       of that process, and of the child that reads the files.
"""

from __future__ import annotations

import argparse
import bisect
import json
import math
import multiprocessing
import platform
import resource
import statistics
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from mlops.ml.vision.task_windows import HOLD_S, TaskWindow, cut, normalised, on_grid, windows_of
from mlops.ml.windows import EPSILON, Scaler

RATE_HZ = 25.0
SPEC = TaskWindow(2.0, 0.5).at(RATE_HZ)
N_LABELS = 3
REQUIRED_RATIO, MOST_MIB = 50, 2048
ROWS_OF_FILE, ROWS_OF_BLOCK = 20_000, 2_000


def frames(n: int, n_features: int) -> tuple[Any, Any, Any]:
    """Uneven times, features with lost values, labels."""
    rng = np.random.default_rng(0)
    t = np.sort((np.arange(n) + rng.uniform(-0.2, 0.2, n)) / RATE_HZ)
    x = rng.normal(size=(n, n_features)).astype(np.float32)
    x[rng.random(x.shape) < 0.05] = np.nan
    return t - t[0], x, (np.arange(n) // 200) % N_LABELS


def ours(t: Any, x: Any, y: Any, scaler: Scaler) -> tuple[list[Any], list[Any]]:
    """Windows and labels as the builder makes them, by stretch."""
    found = [(stretch, cut(stretch, SPEC, N_LABELS, [])) for stretch in on_grid(t, x, y, RATE_HZ)]
    windows = [
        windows_of(replace(stretch, x=normalised(stretch.x, scaler)), SPEC, own.starts) for stretch, own in found
    ]
    return windows, [own.y for _, own in found]


def plain(t: list[float], x: list[list[float]], y: list[int], mean: list[float], spread: list[float]) -> Any:
    """The same, number by number."""
    windows, labels = [], []
    last: list[tuple[float, float]] = [(-math.inf, math.nan)] * len(mean)
    rows = []
    for at, row in zip(t, x, strict=True):
        held = []
        for column, value in enumerate(row):
            if value == value:
                last[column] = (at, value)
            held.append(last[column][1] if at - last[column][0] <= HOLD_S + 1e-9 else math.nan)
        rows.append(held)
    n = int((t[-1] - t[0]) * RATE_HZ + 1e-6) + 1
    for start in range(0, n - SPEC.length + 1, SPEC.stride):
        window, votes = [], [0] * N_LABELS
        for k in range(start, start + SPEC.length):
            at = min(t[0] + k / RATE_HZ, t[-1])
            i = max(0, bisect.bisect_right(t, at + 1e-9) - 1)
            j = min(i + 1, len(t) - 1)
            share = min(1.0, max(0.0, (at - t[i]) / (t[j] - t[i]))) if t[j] > t[i] else 0.0
            values = []
            for column, low in enumerate(rows[i]):
                mixed = low + (rows[j][column] - low) * share if share > 0 else low
                mixed = low if mixed != mixed else mixed
                z = (mixed - mean[column]) / spread[column]
                values.append(0.0 if z != z else z)
            window.append(values)
            votes[y[i]] += 1
        if max(votes) >= 0.5 * SPEC.length:
            windows.append(window)
            labels.append(votes.index(max(votes)))
    return windows, labels


def measure_loop(n_frames: int = 4000, n_features: int = 63) -> dict[str, float]:
    """Seconds of both ways and their ratio; asserts that they agree."""
    t, x, y = frames(n_frames, n_features)
    scaler = Scaler(np.nanmean(x, axis=0, dtype=np.float64), np.nanstd(x, axis=0, dtype=np.float64))
    lists = t.tolist(), x.astype(float).tolist(), y.tolist(), scaler.mean.tolist(), (scaler.std + EPSILON).tolist()
    began = time.perf_counter()
    wanted, labels = plain(*lists)
    loop_s = time.perf_counter() - began
    times = []
    for _ in range(5):
        began = time.perf_counter()
        windows, own = ours(t, x, y, scaler)
        times.append(time.perf_counter() - began)
    assert np.allclose(np.concatenate(windows), np.asarray(wanted, np.float32), atol=1e-4)
    assert np.concatenate(own).tolist() == labels
    found = statistics.median(times)
    return {"n_windows": float(len(labels)), "loop_s": loop_s, "ours_s": found, "ratio": loop_s / found}


def write_files(folder: Path, n_frames: int) -> list[Path]:
    """Feature files with so many frames in all: a generated block again and again, each frame at its own time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from mlops.ml.vision.task_generator import Video, video_columns

    block = pa.table(video_columns(Video("block", 0, 1.02 * ROWS_OF_BLOCK / RATE_HZ, RATE_HZ))).slice(0, ROWS_OF_BLOCK)
    paths = []
    for number in range(math.ceil(n_frames / ROWS_OF_FILE)):
        n = min(ROWS_OF_FILE, n_frames - number * ROWS_OF_FILE)
        table = pa.concat_tables([block] * math.ceil(n / len(block))).slice(0, n).combine_chunks()
        rng = np.random.default_rng(number)
        columns = {"video_id": [f"v{number}"] * n, "t": np.sort((np.arange(n) + rng.uniform(-0.2, 0.2, n)) / RATE_HZ)}
        for name, values in columns.items():
            table = table.set_column(table.schema.get_field_index(name), name, pa.array(values))
        paths.append(folder / f"v{number}.parquet")
        pq.write_table(table.replace_schema_metadata({"generated": "true"}), paths[-1])
    return paths


def build(paths: list[Path], output: Path) -> dict[str, float]:
    """Build and tell seconds and peak memory. Runs in a process of its own."""
    from mlops.ml.vision.task_datasets import build_task_dataset

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    began = time.perf_counter()
    told = build_task_dataset(paths, output)
    return {
        "n_frames": told["n_frames"],
        "n_windows": sum(part["n_windows"] for part in told["split"]["parts"].values()),
        "build_s": time.perf_counter() - began,
        "libraries_mib": before,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "reader_peak_mib": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
        "dataset_gib": sum(path.stat().st_size for path in output.iterdir()) / 2**30,
    }


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=200_000)
    parser.add_argument("--folder", type=Path, help="where files are written; a real disk")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    result: dict[str, Any] = measure_loop()
    print(f"{result['n_windows']:.0f} windows: loop {result['loop_s']:.2f} s, ours {1e3 * result['ours_s']:.1f} ms: "
          f"{result['ratio']:,.0f} times as fast (at least {REQUIRED_RATIO} wanted)")  # fmt: skip
    with tempfile.TemporaryDirectory(dir=options.folder) as made:
        paths = write_files(Path(made), options.frames)
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            found = pool.submit(build, paths, Path(made, "set")).result()
    for name, value in found.items():
        print(f"{name:16} {value:,.1f}")
    if options.json:
        machine = f"{platform.processor() or platform.machine()}, {platform.system()}"
        options.json.write_text(json.dumps({"machine": machine, **result, **found}, indent=1) + "\n")
    if result["ratio"] < REQUIRED_RATIO or max(found["peak_mib"], found["reader_peak_mib"]) > MOST_MIB:
        sys.exit("slower or larger than promised")


if __name__ == "__main__":
    main()
