"""Files that the tests write: raw FlexTail rows, RSF version 1, delimited text."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np


def raw_rows(n: int, *, seed: int = 0, start_ms: int = 1_675_244_863_793) -> np.ndarray:
    """(n, 44) plausible raw FlexTail integers with uneven time steps."""
    rng = np.random.default_rng(seed)
    rows = np.zeros((n, 44), np.int64)
    rows[:, :36] = rng.integers(-30, 31, (n, 36))
    rows[:, 36:39] = np.array([-1900, 60, 300]) + rng.integers(-50, 51, (n, 3))
    rows[:, 39:43] = rng.integers(0, 100, (n, 4))
    rows[:, 43] = start_ms + np.cumsum(rng.choice([31, 32, 60], n))
    return rows


def text_lines(rows: np.ndarray) -> list[str]:
    return [", ".join(str(value) for value in row) for row in rows]


def write_rsf(path: Path, lines: list[str], *, as_list: bool = False) -> Path:
    """Write an RSF version 1 file as documented: ``RSF1`` and one gzip stream of JSON."""
    content = lines if as_list else "\n".join(lines)
    told = {
        "author": 'A "quoted" name',
        "activity": "squat",
        "comment": 'not the "content": "1, 2"',
        "annotations": [{"t": 3, "text": "hello"}],
        "content": content,
    }
    path.write_bytes(b"RSF1" + gzip.compress(json.dumps(told).encode(), 1))
    return path


def write_csv(path: Path, header: str, rows: np.ndarray, *, delimiter: str = ",") -> Path:
    lines = [delimiter.join(f"{value:.6g}" for value in row) for row in rows]
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path
