"""Training on more windows than the process may hold: how much memory it really takes.

    python -m benchmarks.big_dataset [--gib 1.0] [--limit-mib 256] [--json FILE]

Writes a data set of generated noise whose windows need `--gib`, and in a process of its own loads it and trains one
epoch of a CNN of width 8 on it (the cheapest network: memory is measured, not speed). What the process may take
beyond its libraries (`--limit-mib`) is a limit of the system (RLIMIT_DATA: all private memory; a mapped file is not
private), so a training that wants more ends with a MemoryError. A second process with the same limit that wants all
windows in memory shows that the limit bites.
`own_memory_grew_mib` is the largest RssAnon of /proc/self/status: memory without a file behind it. Pages of the
mapped file do not count, the system takes them back at any time; on a machine with less memory than windows they
come from the disk again, which costs time that is not measured here.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import sys
import tempfile
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

LENGTH, STRIDE, CHANNELS, RATE_HZ = 150, 50, 5, 50.0
MIB = 2**20


def status_bytes(name: str) -> int:
    """A figure of /proc/self/status: RssAnon (own memory that is there), VmData (own memory that was asked for)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise OSError(f"this system does not tell {name}")


class Watch(threading.Thread):
    """Keeps the largest RssAnon."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.most = 0

    def run(self) -> None:
        while True:
            self.most = max(self.most, status_bytes("RssAnon"))
            time.sleep(0.02)


def build(folder: Path, n_windows: int, n_subjects: int = 8) -> None:
    """Shards as the site writes them, without ever holding more than one."""
    from mlops.ml.sensors.dataset import LabelledSeries, write_manifest, write_subject_shard
    from mlops.ml.windows import WindowSpec

    spec = WindowSpec(RATE_HZ, LENGTH, STRIDE, "none")
    n_samples = (n_windows // n_subjects - 1) * STRIDE + LENGTH
    t = np.arange(n_samples) / RATE_HZ
    end, facts, parts = float(t[-1]) + 1 / RATE_HZ, [], {}
    for number in range(n_subjects):
        rng = np.random.default_rng(number)
        x = rng.normal(size=(n_samples, CHANNELS)).astype(np.float32)
        x[n_samples // 2 :] *= 3
        spans = [(0.0, end / 2, "calm"), (end / 2, end, "wild")]
        name = f"s{number}"
        facts.append(write_subject_shard(folder, name, [LabelledSeries(t, x, spans, name)], spec, ("calm", "wild")))
        parts[name] = "train"
    layout = {"name": "noise", "channels": [f"c{n}" for n in range(CHANNELS)], "rate_hz": RATE_HZ}
    write_manifest(folder, spec=spec, labels=("calm", "wild"), layout=layout, parts=parts, facts=facts)


def train(folder: Path, limit_mib: float, map_above: int) -> dict[str, Any]:
    """Load and train within the limit; windows above `map_above` bytes lie on disk. Runs in a process of its own."""
    from mlops.ml import mapped
    from mlops.ml.contract import Windows
    from mlops.ml.registry import estimator_class
    from mlops.ml.sensors.dataset import load_windows

    found: Any = estimator_class("cnn")
    few = np.random.default_rng(0).normal(size=(512, LENGTH, CHANNELS)).astype(np.float32)
    warm = Windows(few, np.arange(512) % 2, np.full(512, "s"), ("calm", "wild"))
    found(found.Config(epochs=1, batch_size=256, width=8)).fit(warm)  # libraries and their work space are no data
    mapped.MAP_ABOVE_BYTES = map_above
    before, watch = status_bytes("RssAnon"), Watch()
    watch.start()
    time.sleep(0.1)
    allowed = status_bytes("VmData") + int(limit_mib * MIB)
    resource.setrlimit(resource.RLIMIT_DATA, (allowed, allowed))
    began = time.perf_counter()
    try:
        windows = load_windows(folder, "train")
    except MemoryError:
        return {"refused": True}
    loaded_s = time.perf_counter() - began
    report = found(found.Config(epochs=1, batch_size=256, width=8)).fit(windows)
    grew = watch.most - before
    return {
        "refused": False,
        "n_windows": len(windows),
        "windows_mib": windows.x.nbytes / MIB,
        "limit_mib": limit_mib,
        "libraries_mib": before / MIB,
        "own_memory_grew_mib": grew / MIB,
        "share_of_windows": grew / windows.x.nbytes,
        "train_accuracy": report.metrics["train_accuracy"],
        "load_s": loaded_s,
        "train_s": report.seconds,
    }


def alone(*arguments: Any) -> dict[str, Any]:
    """`train` in a fresh process."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(train, *arguments).result()


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gib", type=float, default=1.0, help="size of all windows together")
    parser.add_argument("--limit-mib", type=float, default=256, help="memory the training may take for itself")
    parser.add_argument("--folder", type=Path, help="where the data set is written; a real disk")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as made:
        folder, everything = Path(made), int(options.gib * 2**30)
        build(folder, everything // (4 * LENGTH * CHANNELS))
        result = alone(folder, options.limit_mib, int(options.limit_mib * MIB / 2))
        result["in_memory_refused"] = alone(folder, options.limit_mib, 2 * everything)["refused"]
    for name, value in result.items():
        print(f"{name:22} {value:,.2f}" if isinstance(value, float) else f"{name:22} {value:,}")
    if options.json:
        options.json.write_text(json.dumps(result, indent=1))
    if result["refused"]:
        sys.exit("the training did not get by with the limit")
    if not result["in_memory_refused"]:
        sys.exit("the limit did not bite: take more windows")


if __name__ == "__main__":
    main()
