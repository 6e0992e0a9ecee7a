"""What live answers would wait if they stood in one queue with requests of the API.

    python -m benchmarks.shared_batches [--seconds 4] [--rounds 3] [--json FILE]

The shipped exercise champion answers eight live windows every 20 ms while somebody asks it, through the API's batcher,
for windows without a pause. Three ways in turns, in one process: live alone; live in threads of its own, as the site
does it; live in the API's queue. What counts is the ratio within the run.
"""

from __future__ import annotations

import argparse
import json
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

LIVE_WINDOWS, EVERY_S = 8, 0.02
API_WINDOWS = 256


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    scorer = _scorer()
    found: dict[str, list[float]] = {"alone": [], "own threads": [], "one queue": []}
    for _ in range(options.rounds):
        for way in found:
            found[way] += measure(scorer, way, options.seconds)
    figures = {
        way: {"n": len(took), "p50_ms": _ms(took, 50), "p95_ms": _ms(took, 95)} for way, took in found.items()
    }
    for way, row in figures.items():
        print(f"{way:12} p50 {row['p50_ms']:7.1f} ms   p95 {row['p95_ms']:7.1f} ms   {row['n']} batches")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1), "utf-8")


def measure(scorer: Any, way: str, seconds: float) -> list[float]:
    """Seconds from the moment a live batch is due until its answers are there."""
    from mlops.serving.services.batching import MicroBatcher

    batcher, stop = MicroBatcher.here(), threading.Event()
    rng = np.random.default_rng(0)
    live = rng.normal(size=(LIVE_WINDOWS, *scorer.onnx.window_shape))
    asked = rng.normal(size=(API_WINDOWS, *scorer.onnx.window_shape))

    def ask() -> None:
        while not stop.is_set():
            batcher.score(scorer, asked)

    asker = threading.Thread(target=ask)
    if way != "alone":
        asker.start()
    took, due_at = [], time.monotonic()
    ends_at = due_at + seconds
    while due_at < ends_at:
        time.sleep(max(0.0, due_at - time.monotonic()))
        if way == "one queue":
            batcher.score(scorer, live)
        else:
            scorer.answer_raw(live)
        took.append(time.monotonic() - due_at)
        due_at = max(due_at + EVERY_S, time.monotonic())
    stop.set()
    if asker.is_alive():
        asker.join()
    return took


def _scorer() -> Any:
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fitbalance.settings")
    import django

    django.setup()
    from django.conf import settings

    from mlops.kinds.base import task_kind
    from mlops.serving.services.versions import warm

    folder = next(iter(sorted(Path(settings.CHAMPIONS_DIR, "exercise").iterdir())))
    scorer = task_kind("sensor_classification").scorer(folder)
    warm(scorer)
    return scorer


def _ms(took: list[float], share: float) -> float:
    return round(1000 * float(np.percentile(took, share)), 2)


if __name__ == "__main__":
    main()
