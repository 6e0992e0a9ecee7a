"""One made-up movement, written as different loggers write it: z swings about gravity, x turns."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mlops.ml.sensors.layouts import BUILT_IN
from mlops.ml.sensors.readers import IssueLog, Preview, Told, plan_for_layout, preview, read_chunks

EPOCH = 1_772_000_000.0  # 2026-02-25T06:13:20Z
G, DEG = 9.80665, np.pi / 180


def movement(n: int = 300, rate: float = 50.0) -> tuple[np.ndarray, np.ndarray]:
    """(t (n,) seconds, (n, 6) acc in m/s² and gyr in rad/s), the first second at rest."""
    t = np.arange(n) / rate
    swing = np.sin(2 * np.pi * 0.5 * np.maximum(0, t - 1))
    acc = np.column_stack([0.3 * swing, 0.5 * np.cos(t), G + 2.5 * swing])
    gyr = np.column_stack([1.2 * swing, 0.1 * np.cos(3 * t), 0.05 * swing])
    return t, np.column_stack([acc, gyr])


def table(header: str, columns: list[np.ndarray], *, sep: str = ",", fmt: str = "{:.6f}") -> str:
    """Text of a heading and rows; columns hold numbers or strings."""
    rows = [sep.join(c if isinstance(c, str) else fmt.format(c) for c in row) for row in zip(*columns, strict=True)]
    return "\n".join([header, *rows]) + "\n"


def read(
    path: Path, layout: str, *, name: str = "", told: Told | None = None, **more
) -> tuple[Preview, np.ndarray, np.ndarray, IssueLog]:
    """Preview and read a file; returns (preview, t, samples, log)."""
    shown = preview(path, name or path.name, *([told] if told else []))
    log = IssueLog()
    plan = plan_for_layout(shown, BUILT_IN[layout], **more)
    chunks = list(read_chunks(path, plan, log))
    t, x, _ = (np.concatenate(parts) for parts in zip(*chunks, strict=True))
    return shown, t, x, log
