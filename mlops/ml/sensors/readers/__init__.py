"""Readers of uploaded sensor files: `preview` a file, then stream it with `read_chunks`.

>>> shown = preview(path, "test.txt")                                     # doctest: +SKIP
>>> plan = plan_for_layout(shown, IMU6, rate_hz=25)                       # doctest: +SKIP
>>> for chunk in read_chunks(path, plan, log := IssueLog()): ...          # doctest: +SKIP

Formats: delimited text, the raw FlexTail table, RSF version 1, Parquet, JSON lines. The content decides, never the
file's name; memory stays bounded whatever the file's size; every fatal problem is an UnreadableInput with its row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from mlops.ml.contract import BadValue, UnreadableInput
from mlops.ml.sensors.layouts import Layout
from mlops.ml.sensors.readers.csv_reader import preview_csv, read_csv_chunks
from mlops.ml.sensors.readers.flextail import looks_like_flextail, preview_flextail_csv, read_flextail_csv_chunks
from mlops.ml.sensors.readers.jsonl_reader import preview_jsonl, read_jsonl_chunks
from mlops.ml.sensors.readers.parquet_reader import preview_parquet, read_parquet_chunks
from mlops.ml.sensors.readers.plan import Chunk, Format, Issue, IssueLog, Preview, PreviewColumn, ReadPlan
from mlops.ml.sensors.readers.rsf import preview_rsf, read_rsf_chunks
from mlops.ml.sensors.readers.suggest import suggest_layouts, suggest_mapping, suggest_scale

__all__ = [
    "Chunk",
    "Issue",
    "IssueLog",
    "Preview",
    "PreviewColumn",
    "ReadPlan",
    "find_format",
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
}
_STREAMS = {
    "csv": read_csv_chunks,
    "flextail_csv": read_flextail_csv_chunks,
    "rsf": read_rsf_chunks,
    "parquet": read_parquet_chunks,
    "jsonl": read_jsonl_chunks,
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
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        return "jsonl"
    return "flextail_csv" if looks_like_flextail(path) else "csv"


def preview(path: Path, filename: str = "") -> Preview:
    """Look at no more than about 256 KiB of a file and tell what it holds.

    `filename` is only used in messages. Raises UnreadableInput when the file cannot be read as samples at all.
    """
    path = Path(path)
    fmt = find_format(path)
    for suffix, wanted in ((".parquet", "parquet"), (".rsf", "rsf")):
        if filename.lower().endswith(suffix) and fmt != wanted:
            raise UnreadableInput(f"{filename[-80:]} is named {suffix} but is not such a file", code="wrong_format")
    return _PREVIEWS[fmt](path)


def read_chunks(path: Path, plan: ReadPlan, issues: IssueLog | None = None) -> Iterator[Chunk]:
    """Stream the samples of a file by its plan with bounded memory.

    Lines that cannot be used (other number of cells, empty, text, NaN, infinity) are left out and noted in `issues`
    with their row. Raises UnreadableInput where reading cannot go on, where most rows are bad, or nothing is left.
    """
    log = IssueLog() if issues is None else issues
    yield from _STREAMS[plan.format](Path(path), plan, log)
    log.finish()


def plan_for_layout(
    shown: Preview,
    layout: Layout,
    *,
    mapping: Mapping[str, str] | None = None,
    rate_hz: float | None = None,
    unit: str = "",
) -> ReadPlan:
    """Make the plan that reads a layout from a previewed file; without `mapping` the columns' names decide.

    Units told by column names (``acc_x (g)``, ``gyr_z [deg/s]``) are converted. `rate_hz` is only used where the file
    holds no time in seconds. Raises BadValue when a channel has no column, or the rate is needed and missing.
    """
    names = [column.name for column in shown.columns if column.kind == "number" and column.name != shown.time_column]
    chosen = suggest_mapping(names, layout) if mapping is None else mapping
    known = {column.name for column in shown.columns}
    for channel in layout.channel_names:
        if chosen.get(channel) not in known:
            raise BadValue(f"no column of the file is chosen for {channel}")
    scale = suggest_scale(layout, chosen)
    return ReadPlan(
        format=shown.format,
        columns=tuple(chosen[channel] for channel in layout.channel_names),
        time_column=shown.time_column,
        time_unit=shown.time_unit,
        rate_hz=rate_hz if shown.needs_rate else None,
        scale=tuple(scale.get(channel, 1.0) for channel in layout.channel_names),
        delimiter=shown.delimiter,
        unit=unit,
    )
