"""How long a form report of a 20-second clip takes, against a bare loop that decodes the frames and asks for the pose.

    nice -n 15 python -m benchmarks.report_time

Report: from the file to scores, what a person waits for after the upload: features (body only, as reports need) in
children, then recognising, counting, refining and scoring. Bare loop: decode, ask MediaPipe for one body, forget. Both
in this run, in turn, three times; medians. The clip is a real squat where the shared recordings are here, else a drawn
one.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.extraction import RATE_HZ, bare_loop, clip
from mlops.ml.biomechanics.form import analyse
from mlops.ml.vision.video.extract import extract_features
from mlops.ml.vision.video.options import ExtractOptions

SECONDS, TIMES, REQUIRED = 20.0, 3, 1.3


def report(video: Path, folder: Path) -> int:
    """Features, then the report; returns the repetitions."""
    import pyarrow.parquet as pq

    file = folder / "features.parquet"
    told = extract_features(video, file, ExtractOptions(detector="mediapipe", with_hands=False))
    table = pq.read_table(file, columns=["t", "mp_pose_landmarks"])
    points = np.full((table.num_rows, 33, 4), np.nan)
    for number, text in enumerate(table["mp_pose_landmarks"].to_pylist()):
        if text:
            points[number] = np.array(json.loads(text), float)[:, :4]
    size = told["video"]
    found = analyse(points, table["t"].to_numpy(), size["width"] / size["height"])
    found.to_dict()
    return found.n_repetitions


def measure() -> dict[str, Any]:
    """Seconds of both, their ratio, and what the report counted."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        video = folder / "clip.mp4"
        n = clip(video, SECONDS)
        bare, whole = [], []
        for _ in range(TIMES):
            bare.append(_seconds(lambda: bare_loop(str(video), False)))
            whole.append(_seconds(lambda: report(video, folder)))
        counted = report(video, folder)
    ratio = statistics.median(whole) / statistics.median(bare)
    return {
        "frames": n, "rate_hz": RATE_HZ, "bare_s": statistics.median(bare), "report_s": statistics.median(whole),
        "ratio": ratio, "passes": ratio <= REQUIRED, "repetitions": counted,
    }  # fmt: skip


def _seconds(work: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


if __name__ == "__main__":
    print(json.dumps({name: round(v, 3) if isinstance(v, float) else v for name, v in measure().items()}))
