"""Training on more windows than may lie in memory: how much memory a process really holds.

    python -m benchmarks.big_dataset [--gib 1.0] [--limit-mib 256] [--json FILE]

Writes a data set of generated noise whose windows need `--gib`, loads it with at most `--limit-mib` of windows in
memory, trains one epoch of the small CNN on it and compares the memory that is the process' own (RssAnon of
/proc/self/status; pages of files can be given up at any time) with the size of the windows.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

LENGTH, STRIDE, CHANNELS, RATE_HZ = 150, 50, 5, 50.0
MIB = 2**20


def own_bytes() -> int:
    """Memory of this process that is not backed by a file."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    raise OSError("this system does not tell")


class Watch(threading.Thread):
    """Keeps the largest value of `own_bytes`."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.most = 0

    def run(self) -> None:
        while True:
            self.most = max(self.most, own_bytes())
            time.sleep(0.02)


def build(folder: Path, n_windows: int, n_subjects: int = 8) -> None:
    """Shards as the site writes them, without ever holding more than one."""
    from mlops.ml.sensors.dataset import LabelledSeries, write_manifest, write_subject_shard
    from mlops.ml.windows import WindowSpec

    spec = WindowSpec(RATE_HZ, LENGTH, STRIDE, "window")
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


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gib", type=float, default=1.0, help="size of all windows together")
    parser.add_argument("--limit-mib", type=float, default=256, help="windows that may lie in memory")
    parser.add_argument("--folder", type=Path, help="where the data set is written; a real disk")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    from mlops.ml import mapped
    from mlops.ml.registry import estimator_class
    from mlops.ml.sensors.dataset import load_windows

    mapped.MAP_ABOVE_BYTES = int(options.limit_mib * MIB)
    found: Any = estimator_class("cnn")
    with tempfile.TemporaryDirectory(dir=options.folder) as made:
        build(Path(made), int(options.gib * 2**30 / (4 * LENGTH * CHANNELS)))
        watch, before = Watch(), own_bytes()
        watch.start()
        began = time.perf_counter()
        windows = load_windows(Path(made), "train")
        loaded_s = time.perf_counter() - began
        report = found(found.Config(epochs=1, batch_size=256)).fit(windows)
        result = {
            "n_windows": len(windows),
            "windows_mib": windows.x.nbytes / MIB,
            "limit_mib": options.limit_mib,
            "own_memory_grew_mib": (watch.most - before) / MIB,
            "share_of_windows": (watch.most - before) / windows.x.nbytes,
            "load_s": loaded_s,
            "train_s": report.seconds,
        }
    for name, value in result.items():
        print(f"{name:22} {value:,.2f}")
    if options.json:
        options.json.write_text(json.dumps(result, indent=1))
    if result["own_memory_grew_mib"] > options.limit_mib:
        sys.exit("it held more than the limit")


if __name__ == "__main__":
    main()
