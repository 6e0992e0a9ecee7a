"""Cutting a long recording into windows against a plain Python loop over the same samples.

Two hours of six channels at 50 Hz, windows of 150 samples with a stride of 50. The windows must be views of the
samples, not copies. Normalisation is timed beside it, against the same formula written as a loop over windows and
channels. Medians of five.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from mlops.ml.windows import EPSILON, WindowSpec, normalise, sliding_windows

SPEC = WindowSpec()
HOURS, CHANNELS = 2, 6
REQUIRED_RATIO = 50


def loop_windows(samples: list[list[float]], length: int, stride: int) -> list[list[list[float]]]:
    """The plain way: copy every sample of every window."""
    return [
        [list(samples[start + i]) for i in range(length)] for start in range(0, len(samples) - length + 1, stride)
    ]


def loop_normalise(windows: list[list[list[float]]]) -> list[list[list[float]]]:
    """The plain way: z-score each channel of each window, number by number."""
    out = []
    for window in windows:
        columns = []
        for column in zip(*window, strict=True):
            mean = sum(column) / len(column)
            std = (sum((value - mean) ** 2 for value in column) / len(column)) ** 0.5
            columns.append([(value - mean) / (std + EPSILON) for value in column])
        out.append([list(row) for row in zip(*columns, strict=True)])
    return out


def median_s(work: Callable[[], Any], repeats: int = 5) -> float:
    """Median wall time of `work` in seconds."""
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def measure(hours: float = HOURS) -> dict[str, float]:
    """Return seconds and ratios; asserts that both ways agree and that windows share the samples' memory."""
    samples = np.random.default_rng(0).normal(size=(int(hours * 3600 * SPEC.rate_hz), CHANNELS)).astype(np.float32)
    rows = samples.astype(float).tolist()
    windows = sliding_windows(samples, SPEC.length, SPEC.stride)
    plain = loop_windows(rows, SPEC.length, SPEC.stride)
    assert np.shares_memory(windows, samples)
    assert np.array_equal(windows, np.asarray(plain, np.float32))
    few = slice(0, max(1, len(plain) // 20))  # the loop is slow: a twentieth of it, scaled up
    assert np.allclose(normalise(windows[few], SPEC), loop_normalise(plain[few]), atol=1e-4)
    share = len(plain[few]) / len(plain)
    cut, cut_loop = (
        median_s(lambda: sliding_windows(samples, SPEC.length, SPEC.stride)),
        median_s(lambda: loop_windows(rows, SPEC.length, SPEC.stride)),
    )
    scale, scale_loop = (
        median_s(lambda: normalise(windows, SPEC)),
        median_s(lambda: loop_normalise(plain[few])) / share,
    )
    return {
        "n_windows": len(windows),
        "windows_s": cut,
        "windows_loop_s": cut_loop,
        "windows_ratio": cut_loop / cut,
        "normalise_s": scale,
        "normalise_loop_s": scale_loop,
        "normalise_ratio": scale_loop / scale,
        "both_ratio": (cut_loop + scale_loop) / (cut + scale),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="also write the numbers here")
    options = parser.parse_args()
    facts = measure()
    print(f"{facts['n_windows']:.0f} windows of {SPEC.length} × {CHANNELS}, views of the samples")
    for what in ("windows", "normalise"):
        print(
            f"{what:10} {facts[f'{what}_s'] * 1e3:9.3f} ms   loop {facts[f'{what}_loop_s'] * 1e3:9.1f} ms   "
            f"{facts[f'{what}_ratio']:,.0f} times as fast"
        )
    print(f"together   {facts['both_ratio']:,.0f} times as fast (at least {REQUIRED_RATIO} wanted)")
    if options.json:
        machine = f"{platform.processor() or platform.machine()}, {platform.system()}"
        options.json.write_text(json.dumps({"machine": machine, **facts}, indent=1) + "\n")
    if facts["windows_ratio"] < REQUIRED_RATIO:
        raise SystemExit("windowing is slower than promised")


if __name__ == "__main__":
    main()
