"""Write a recording: any chunks in, one immutable Parquet file out, whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import BadShape, UnreadableInput
from mlops.ml.sensors.layouts import Layout

ROW_GROUP = 65_536
LAYOUT_KEY = b"fitbalance.layout"
T0_KEY = b"fitbalance.t0"
MAX_GAPS = 1000
_STEPS_PER_GROUP = 4096  # time steps kept per row group for the median


@dataclass(frozen=True)
class RecordingFacts:
    """What was written.

    n_samples    rows kept
    duration_s   last minus first time stamp
    rate_hz      1 / median time step; 0 for a single sample
    t0           the first time stamp as the source counts it, in seconds (since 1970 for epoch stamps)
    gaps         (start_s, end_s) of the first 1,000 pauses longer than `max_gap_s`, in seconds from the start
    n_gaps       how many pauses there are in all
    n_dropped    samples left out: not finite, doubled, or earlier than one already written
    sha256       of the file
    """

    n_samples: int
    duration_s: float
    rate_hz: float
    t0: float
    gaps: tuple[tuple[float, float], ...]
    n_gaps: int
    n_dropped: int
    size_bytes: int
    sha256: str


def write_recording(
    path: Path, layout: Layout, chunks: Iterable[Sequence[Any]], *, max_gap_s: float = 1.0
) -> RecordingFacts:
    """Stream chunks of (t_s (n,), samples (n, channels), …) into a Parquet file at `path`.

    Time may begin anywhere; the file counts from its first sample. Within a chunk samples are sorted by time and the
    last of equal times wins; a sample not later than the chunks before is left out. The file appears only when it is
    complete. Raises BadShape, UnreadableInput (``no_samples``; ``time_not_increasing`` when more samples had to be
    left out than could be kept), FileExistsError, and whatever the chunks raise.
    """
    path = Path(path)
    if path.exists():
        raise FileExistsError(f"{path.name} exists; recordings are never overwritten")
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    writer = _Writer(part, layout, max_gap_s)
    try:
        for chunk in chunks:
            writer.add(np.asarray(chunk[0], np.float64), np.asarray(chunk[1], np.float32))
        writer.finish()
        size, digest = part.stat().st_size, file_sha256(part)
        os.replace(part, path)
    finally:
        writer.close()
        part.unlink(missing_ok=True)
    return writer.facts(size, digest)


def file_sha256(path: Path) -> str:
    """Return the hex SHA-256 of a file, read in pieces."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _Writer:
    """Orders chunks by time, cuts them into row groups and keeps the facts."""

    def __init__(self, path: Path, layout: Layout, max_gap_s: float) -> None:
        self.path, self.layout, self.max_gap_s = path, layout, max_gap_s
        self.t0 = 0.0
        self.last = -np.inf
        self.n_samples = self.n_dropped = self.n_gaps = 0
        self.gaps: list[tuple[float, float]] = []
        self.steps: list[npt.NDArray[np.float64]] = []
        self.waiting: list[tuple[npt.NDArray[np.float64], npt.NDArray[np.float32]]] = []
        self.n_waiting = 0
        self.parquet: Any = None

    def add(self, t_s: npt.NDArray[np.float64], samples: npt.NDArray[np.float32]) -> None:
        if samples.ndim != 2 or samples.shape[1] != self.layout.n_channels or t_s.shape != (len(samples),):
            raise BadShape(f"samples of {samples.shape} for {self.layout.n_channels} channels")
        n_given = len(t_s)
        good = np.isfinite(t_s) & np.isfinite(samples).all(axis=1)
        if not good.all():
            t_s, samples = t_s[good], samples[good]
        if len(t_s) > 1 and not (np.diff(t_s) > 0).all():
            order = np.argsort(t_s, kind="stable")
            t_s, samples = t_s[order], samples[order]
            latest = np.append(np.diff(t_s) > 0, True)
            t_s, samples = t_s[latest], samples[latest]
        later = int(np.searchsorted(t_s, self.last, side="right"))
        t_s, samples = t_s[later:], samples[later:]
        self.n_dropped += n_given - len(t_s)
        if not len(t_s):
            return
        if self.n_samples == 0:
            self.t0 = float(t_s[0])
        self._note_steps(t_s)
        self.last = float(t_s[-1])
        self.n_samples += len(t_s)
        self.waiting.append((t_s - self.t0, samples))
        self.n_waiting += len(t_s)
        if self.n_waiting >= ROW_GROUP:
            self._write(everything=False)

    def finish(self) -> None:
        if self.n_samples == 0:
            raise UnreadableInput("there are no samples to keep", code="no_samples")
        if self.n_dropped > self.n_samples:
            text = f"{self.n_dropped} samples carry a time that is not later than the one before: check the time column"
            raise UnreadableInput(text, code="time_not_increasing")
        self._write(everything=True)
        self.close()
        with open(self.path, "rb+") as file:
            os.fsync(file.fileno())

    def close(self) -> None:
        if self.parquet is not None:
            self.parquet.close()
            self.parquet = None

    def facts(self, size_bytes: int, sha256: str) -> RecordingFacts:
        steps = np.concatenate(self.steps) if self.steps else np.zeros(0)
        return RecordingFacts(
            n_samples=self.n_samples,
            duration_s=self.last - self.t0,
            rate_hz=round(float(1.0 / np.median(steps)), 6) if len(steps) else 0.0,
            t0=self.t0,
            gaps=tuple(self.gaps),
            n_gaps=self.n_gaps,
            n_dropped=self.n_dropped,
            size_bytes=size_bytes,
            sha256=sha256,
        )

    def _note_steps(self, t_s: npt.NDArray[np.float64]) -> None:
        before = t_s[0] if self.n_samples == 0 else self.last
        steps = np.diff(t_s, prepend=before)
        for i in np.flatnonzero(steps > self.max_gap_s):
            self.n_gaps += 1
            if len(self.gaps) < MAX_GAPS:
                self.gaps.append((float(t_s[i] - steps[i] - self.t0), float(t_s[i] - self.t0)))
        steps = steps[steps > 0]
        self.steps.append(steps[:: max(1, len(steps) // _STEPS_PER_GROUP)])

    def _write(self, *, everything: bool) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        t_s = np.concatenate([t for t, _ in self.waiting])
        samples = np.concatenate([s for _, s in self.waiting])
        n = len(t_s) if everything else len(t_s) // ROW_GROUP * ROW_GROUP
        self.waiting, self.n_waiting = [(t_s[n:], samples[n:])], len(t_s) - n
        fields = [pa.field("t", pa.float64(), nullable=False)]
        fields += [pa.field(name, pa.float32(), nullable=False) for name in self.layout.channel_names]
        if self.parquet is None:
            kept = {LAYOUT_KEY: json.dumps(self.layout.to_dict()).encode(), T0_KEY: repr(self.t0).encode()}
            self.parquet = pq.ParquetWriter(
                self.path,
                pa.schema(fields, metadata=kept),
                compression="zstd",
                use_dictionary=False,
                write_page_checksum=True,
            )
        columns = [pa.array(t_s[:n])] + [
            pa.array(np.ascontiguousarray(samples[:n, i])) for i in range(samples.shape[1])
        ]
        table = pa.Table.from_arrays(columns, schema=self.parquet.schema)
        self.parquet.write_table(table, row_group_size=ROW_GROUP)
