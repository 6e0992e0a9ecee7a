"""Readers of uploaded sensor files: `preview` a file, then stream it with `read_chunks`.

>>> shown = preview(path, "test.txt")                                     # doctest: +SKIP
>>> plan = plan_for_layout(shown, IMU6, rate_hz=25)                       # doctest: +SKIP
>>> for chunk in read_chunks(path, plan, log := IssueLog()): ...          # doctest: +SKIP

Formats: delimited text, the raw FlexTail table, RSF version 1, Parquet, JSON lines, frames of a live stream. The
content decides, never the file's name; memory stays bounded whatever the file's size; every fatal problem is an
UnreadableInput with its row. What a file does not tell and must not be guessed (a unit, the year its time counts
from) raises ChoiceNeeded. All of it are functions of a path: nothing is kept between calls.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from mlops.ml.contract import UnreadableInput
from mlops.ml.sensors.readers.csv_reader import preview_csv, read_csv_chunks
from mlops.ml.sensors.readers.flextail import looks_like_flextail, preview_flextail_csv, read_flextail_csv_chunks
from mlops.ml.sensors.readers.frames import looks_like_frames, preview_frames, read_frame_chunks
from mlops.ml.sensors.readers.join import Stream, joined
from mlops.ml.sensors.readers.jsonl_reader import preview_jsonl, read_jsonl_chunks
from mlops.ml.sensors.readers.parquet_reader import preview_parquet, read_parquet_chunks
from mlops.ml.sensors.readers.plan import Chunk, Format, Issue, IssueLog, ReadPlan
from mlops.ml.sensors.readers.planning import channel_units, mapping_of, plan_for_layout
from mlops.ml.sensors.readers.rsf import preview_rsf, read_rsf_chunks
from mlops.ml.sensors.readers.shown import NOTHING_TOLD, ChannelUnit, ChoiceNeeded, Preview, PreviewColumn, Told
from mlops.ml.sensors.readers.suggest import suggest_layouts, suggest_mapping

__all__ = [
    "ChannelUnit",
    "ChoiceNeeded",
    "Chunk",
    "Issue",
    "IssueLog",
    "Preview",
    "PreviewColumn",
    "ReadPlan",
    "Told",
    "channel_units",
    "find_format",
    "mapping_of",
    "plan_for_layout",
    "preview",
    "read_chunks",
    "suggest_layouts",
    "suggest_mapping",
]

_PREVIEWS = {
    "csv": preview_csv,
    "flextail_csv": preview_flextail_csv,
    "rsf": preview_rsf,
    "parquet": preview_parquet,
    "jsonl": preview_jsonl,
    "frames": preview_frames,
}
_STREAMS = {
    "csv": read_csv_chunks,
    "flextail_csv": read_flextail_csv_chunks,
    "rsf": read_rsf_chunks,
    "parquet": read_parquet_chunks,
    "jsonl": read_jsonl_chunks,
    "frames": read_frame_chunks,
}
_FOREIGN = {
    b"PK\x03\x04": "a ZIP or Office file",
    b"\x1f\x8b": "a gzip file",
    b"%PDF": "a PDF file",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"SQLite": "a database file",
    b"{\\rtf": "a text processor's file",
    b"\x93NUMPY": "a NumPy file",
    b"\x89HDF": "an HDF5 file",
}


def find_format(path: Path) -> Format:
    """Return the format of a file from its content; raises UnreadableInput (``empty_file``, ``not_text``, …)."""
    with open(path, "rb") as file:
        head = file.read(4096)
    if head[:4] == b"PAR1":
        return "parquet"
    if head[:4] == b"RSF1":
        return "rsf"
    for magic, what in _FOREIGN.items():
        if head.startswith(magic):
            raise UnreadableInput(f"this is {what}, not sensor samples as text, RSF or Parquet", code="wrong_format")
    begin = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if (
        begin[:1] == b"{"
        or re.match(rb"\[\s*\{", begin)
        or begin.replace(b"\0", b"")[:3] in (b"\xff\xfe{", b"\xfe\xff{")
    ):
        return "frames" if looks_like_frames(path) else "jsonl"
    return "flextail_csv" if looks_like_flextail(path) else "csv"


def preview(path: Path, filename: str = "", told: Told = NOTHING_TOLD) -> Preview:
    """Look at no more than about 256 KiB of a file and tell what it holds.

    `filename` names the sensor where a logger writes a file per sensor; `told` is what a person said about the file.
    Raises UnreadableInput when the file cannot be read as samples at all.
    """
    path = Path(path)
    fmt = find_format(path)
    for suffix, wanted in ((".parquet", "parquet"), (".rsf", "rsf")):
        if filename.lower().endswith(suffix) and fmt != wanted:
            raise UnreadableInput(f"{filename[-80:]} is named {suffix} but is not such a file", code="wrong_format")
    return _PREVIEWS[fmt](path, filename, told)


def read_chunks(path: Path, plan: ReadPlan, issues: IssueLog | None = None) -> Iterator[Chunk]:
    """Stream the samples of a file by its plan with bounded memory.

    Lines that cannot be used (other number of cells, empty, text, NaN, infinity, more than a sensor can measure) are
    left out and noted in `issues` with their row. A plan with parts joins them by time. Raises UnreadableInput where
    reading cannot go on, where most rows are bad, or nothing is left.
    """
    log = IssueLog() if issues is None else issues
    if plan.parts:
        streams = [
            Stream(_read_part(Path(path), part, log), part.positions, part.where[1] if part.where else part.columns[0])
            for part in plan.parts
        ]
        yield from joined(streams, log)
        return
    yield from _STREAMS[plan.format](Path(path), plan, log)
    log.finish()


def _read_part(path: Path, part: ReadPlan, log: IssueLog) -> Iterator[Chunk]:
    own = IssueLog()
    yield from _STREAMS[part.format](path, part, own)
    own.finish()
    log.take(own)
