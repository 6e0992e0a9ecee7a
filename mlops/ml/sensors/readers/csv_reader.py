"""Delimited text: preview and streaming.

Blocks of whole lines are parsed by pyarrow; a block in which a line has another number of cells, is blank, or
holds text where a number should stand is read again line by line, so that each bad line is named by its number.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from mlops.ml.contract import IntArray, UnreadableInput
from mlops.ml.sensors.readers.csv_shape import CsvShape, is_number, sniff_csv, split_line
from mlops.ml.sensors.readers.loggers import Seen
from mlops.ml.sensors.readers.plan import (
    MAX_ISSUES,
    MAX_VALUE,
    Chunk,
    Float64Array,
    Issue,
    IssueLog,
    ReadPlan,
    TimeUnit,
    usable,
)
from mlops.ml.sensors.readers.shown import NOTHING_TOLD, Preview, PreviewColumn, Told
from mlops.ml.sensors.readers.stamps import is_stamp, stamp_microseconds
from mlops.ml.sensors.readers.table import EVIDENCE_ROWS, column_values, table_preview
from mlops.ml.sensors.readers.text import line_blocks, read_head, text_end
from mlops.ml.sensors.readers.timeline import timed

_PREVIEW_ROWS = 200
_SMALL_BLOCK = 8192  # bytes that are read line by line when a line among them is bad
_NULLS = ["", "null", "NULL", "None", "NA", "N/A", "n/a", "#N/A", "-"]
"""How an empty cell is written."""
_ZONE = re.compile(r"(Z|[+-]\d\d:?\d\d)$")


def preview_csv(path: Path, filename: str = "", told: Told = NOTHING_TOLD) -> Preview:
    """Look at the head of a delimited text file; raises UnreadableInput for what cannot be such a file."""
    head = read_head(path)
    shape = sniff_csv(path, head, header_row=told.header_row)
    issues: list[Issue] = []
    if shape.header_issue:
        issues.append(Issue(shape.header_row or max(1, shape.first_row - 1), shape.header_issue))
    rows: list[list[str]] = []
    n_shown = 0
    for first, block in line_blocks(path, shape.text, max_bytes=len(head)):
        for row, line in enumerate(block.decode("utf-8").split("\n")[:-1], start=first):
            line = line.rstrip("\r")
            if row < shape.first_row or not line.strip() or len(rows) >= EVIDENCE_ROWS or line.startswith("#"):
                continue
            cells = split_line(line, shape.delimiter)
            if len(cells) == len(shape.names):
                rows.append(cells)
            elif len(issues) < MAX_ISSUES:
                issues.append(Issue(row, f"{len(cells)} cells instead of {len(shape.names)}"))
    n_shown = min(len(rows), _PREVIEW_ROWS)
    cells_by_name = {name: [r[i] for r in rows] for i, name in enumerate(shape.names)}
    seen = Seen(
        fmt="csv",
        filename=filename,
        names=shape.names,
        units=dict(zip(shape.names, shape.units, strict=False)),
        preamble=shape.preamble,
        texts={name: tuple(cells[:_PREVIEW_ROWS]) for name, cells in cells_by_name.items()},
    )
    columns = [_column(name, cells, shape.decimal) for name, cells in cells_by_name.items()]
    values, text_units = column_values(columns, cells_by_name, lambda cell: _number(cell, shape.decimal))
    return table_preview(
        seen,
        columns,
        values,
        n_shown,
        issues,
        text_units=text_units,
        delimiter=shape.delimiter,
        header_row=shape.header_row,
        header_told=told.header_row is not None,
        first_lines=list(shape.head),
        told=told,
        text_columns=cells_by_name,
    )


def _column(name: str, cells: list[str], decimal: str) -> PreviewColumn:
    filled = [c.strip() for c in cells if not _is_empty(c)]
    kind = "empty"
    if filled:
        kind = "text"
        if sum(is_number(c, decimal) for c in filled) > 0.5 * len(filled):
            kind = "number"
        elif sum(is_stamp(c) for c in filled) > 0.5 * len(filled):
            kind = "time"
    return PreviewColumn(name, tuple(c[:40] for c in filled[:5]), kind)  # type: ignore[arg-type]


def read_csv_chunks(path: Path, plan: ReadPlan, log: IssueLog) -> Iterator[Chunk]:
    """Stream a delimited text file by its plan; bad lines go to the log, fatal ones raise UnreadableInput."""
    head = read_head(path)
    shape = sniff_csv(path, head, plan.delimiter, plan.header_row)
    _note_ends(path, shape, log)
    positions = column_positions(plan.wanted, shape.names)
    more = column_positions([name for name in (plan.date_column, *plan.where[:1]) if name], shape.names)
    cut = Cut(shape, positions, plan, plan.text_time, more)
    lines = line_blocks(path, shape.text, on_zeros=lambda n: log.note(f"{n} zero bytes inside the file left out."))
    blocks = _without_torn_line(lines, path, shape, log)
    pieces = parse_blocks(blocks, shape, positions, log, cut=cut)
    yield from timed(pieces, plan, log, first_row=shape.first_row)


def _note_ends(path: Path, shape: CsvShape, log: IssueLog) -> None:
    """Say what of the file is no data: lines before the heading, zero bytes behind the last line."""
    if shape.header_row is not None and shape.preamble:
        n = len(shape.preamble)
        log.note(f"{n} line{'s' if n > 1 else ''} before the heading (line {shape.header_row}) skipped.")
    _, n_zeros = text_end(path, shape.text.encoding)
    if n_zeros > 1:
        log.note(f"The file ends with {n_zeros} zero bytes, as after a power loss; everything before them is used.")


def _without_torn_line(
    blocks: Iterator[tuple[int, bytes]], path: Path, shape: CsvShape, log: IssueLog
) -> Iterator[tuple[int, bytes]]:
    """Leave out a last line that was cut in its last number: it has no line end and fewer decimals than all before."""
    end, _ = text_end(path, shape.text.encoding)
    with open(path, "rb") as file:
        file.seek(max(0, end - 2))
        torn = not file.read(end).rstrip(b"\0").endswith((b"\n", b"\r"))
    waiting: tuple[int, bytes] | None = None
    tail: list[str] = []
    for block in blocks:
        if waiting is not None:
            tail = waiting[1][-8192:].decode("utf-8", "replace").split("\n")[1:-1]
            yield waiting
        waiting = block
    if waiting is None:
        return
    first, text = waiting
    lines = text.decode("utf-8").split("\n")[:-1]
    before = {_decimals(line, shape) for line in [*tail, *lines[:-1]][-20:]}
    if torn and len(before) == 1 and _decimals(lines[-1], shape) < before.pop():
        log.add(first + len(lines) - 1, "the last line was cut off")
        text = text[: text.rstrip(b"\n").rfind(b"\n") + 1]
    yield first, text


def _decimals(line: str, shape: CsvShape) -> int:
    """Digits behind the mark in a line's last cell that is not empty."""
    cells = [cell.strip() for cell in split_line(line.rstrip("\r"), shape.delimiter)]
    last = next((cell for cell in reversed(cells) if cell), "")
    return len(last.partition(shape.decimal)[2])


def column_positions(wanted: Sequence[str], names: Sequence[str]) -> list[int]:
    """Return where each wanted column stands; raises UnreadableInput (``missing_column``)."""
    known = {name: i for i, name in enumerate(names)}
    for name in wanted:
        if name not in known:
            raise UnreadableInput(f"the file has no column {name[:60]}", row=1, code="missing_column")
    return [known[name] for name in wanted]


@dataclass(frozen=True)
class Cut:
    """What of a line is read: the plan's columns, a time written as text, the day beside it, the lines it is about."""

    shape: CsvShape
    positions: list[int]
    plan: ReadPlan | None = None
    text_time: TimeUnit | None = None
    more: list[int] = field(default_factory=list)

    @property
    def by_line(self) -> bool:
        """True where lines must be looked at one by one."""
        plan = self.plan
        return plan is not None and bool(plan.date_column or plan.where)


def parse_blocks(
    blocks: Iterable[tuple[int, bytes]],
    shape: CsvShape,
    positions: list[int],
    log: IssueLog,
    *,
    cut: Cut | None = None,
) -> Iterator[tuple[Float64Array, IntArray]]:
    """Yield (values (n, columns) float64, line numbers (n,)) of the good lines of each block.

    Times written as text come out as microseconds. A last line without its end that was cut in a number is left out.
    """
    cut = cut or Cut(shape, positions)
    for first, block in blocks:
        if first < shape.first_row:
            skip = shape.first_row - first
            block = b"\n".join(block.split(b"\n")[skip:])
            first = shape.first_row
            if not block:
                continue
        values, rows = _parse(block, first, log, cut)
        log.count_read(len(rows))
        if len(rows):
            yield values, rows


def _parse(block: bytes, first: int, log: IssueLog, cut: Cut) -> tuple[Float64Array, IntArray]:
    """Parse a block fast; one that holds a bad line is halved until only few lines are left for a closer look."""
    parsed = None if cut.by_line else _parse_fast(block, first, log, cut)
    if parsed is not None:
        return parsed
    middle = block.find(b"\n", len(block) // 2) + 1
    if cut.by_line or len(block) < _SMALL_BLOCK or not 0 < middle < len(block):
        return _parse_slow(block, first, log, cut)
    head = _parse(block[:middle], first, log, cut)
    tail = _parse(block[middle:], first + block.count(b"\n", 0, middle), log, cut)
    return np.concatenate([head[0], tail[0]]), np.concatenate([head[1], tail[1]])


def _parse_fast(block: bytes, first: int, log: IssueLog, cut: Cut) -> tuple[Float64Array, IntArray] | None:
    """Parse a block with pyarrow; None where a line needs a closer look."""
    import pyarrow as pa
    from pyarrow import csv as pa_csv

    shape, positions = cut.shape, cut.positions
    keys = [f"c{i}" for i in range(len(shape.names))]
    used = sorted(set(positions))
    kinds = {keys[i]: pa.float64() for i in used}
    if cut.text_time == "iso":
        cells = split_line(block[: block.find(b"\n")].decode("utf-8"), shape.delimiter)
        stamp = cells[positions[0]].strip() if positions[0] < len(cells) else ""
        kinds[keys[positions[0]]] = pa.timestamp("us", "UTC" if _ZONE.search(stamp) else None)
    elif cut.text_time is not None:
        kinds[keys[positions[0]]] = pa.string()
    try:
        table = pa_csv.read_csv(
            io.BytesIO(block),
            read_options=pa_csv.ReadOptions(use_threads=False, block_size=len(block) + 1, column_names=keys),
            parse_options=pa_csv.ParseOptions(delimiter=shape.delimiter),
            convert_options=pa_csv.ConvertOptions(
                column_types=kinds,
                include_columns=[keys[i] for i in used],
                null_values=_NULLS,
                decimal_point=shape.decimal,
            ),
        )
    except pa.ArrowInvalid:
        return None
    if table.num_rows != block.count(b"\n"):
        return None
    text = {0} if cut.text_time not in (None, "iso") else set()
    columns = [
        _stamps(table.column(keys[p]), cut) if i in text else _floats(table.column(keys[p]))
        for i, p in enumerate(positions)
    ]
    values = np.column_stack(columns)
    if text and np.isnan(values[:, 0]).any():
        return None
    rows = np.arange(first, first + len(values), dtype=np.int64)
    if cut.plan is not None and cut.plan.skip_empty:
        mine = ~np.isnan(values[:, -len(cut.plan.columns) :]).all(axis=1)
        values, rows = values[mine], rows[mine]
    good = usable(values)
    if not good.all():
        for i in np.flatnonzero(~good):
            bad = int(np.argmin(np.abs(values[i]) <= MAX_VALUE))
            log.add(int(rows[i]), f"{shape.names[positions[bad]]} is empty or not a finite number")
        values, rows = values[good], rows[good]
    return values, rows


def _floats(column: Any) -> Float64Array:
    """Return an Arrow column as float64; time stamps as microseconds, nulls as NaN."""
    import pyarrow as pa

    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64()).cast(pa.float64())
    return np.asarray(column.to_numpy(), np.float64)


def _stamps(column: Any, cut: Cut) -> Float64Array:
    unit = cut.text_time
    assert unit is not None
    return np.array([_stamp(cell or "", unit) for cell in column.to_pylist()], np.float64)


def _parse_slow(block: bytes, first: int, log: IssueLog, cut: Cut) -> tuple[Float64Array, IntArray]:
    """Parse a block line by line, naming each bad line."""
    shape, positions, plan = cut.shape, cut.positions, cut.plan
    values: list[list[float]] = []
    rows: list[int] = []
    for row, line in enumerate(block.decode("utf-8").split("\n")[:-1], start=first):
        line = line.rstrip("\r")
        if not line.strip() or line.startswith("#"):
            continue
        cells = split_line(line, shape.delimiter)
        if len(cells) != len(shape.names):
            log.add(row, f"{len(cells)} cells instead of {len(shape.names)}")
            continue
        if plan is not None and plan.where and cells[cut.more[-1]].strip() != plan.where[1]:
            continue
        if plan is not None and plan.skip_empty and all(_is_empty(cells[p]) for p in positions[-len(plan.columns) :]):
            continue
        parsed = [_cell(cells, i, p, cut) for i, p in enumerate(positions)]
        bad = next((i for i, value in enumerate(parsed) if not abs(value) <= MAX_VALUE), None)
        if bad is None:
            values.append(parsed)
            rows.append(row)
        else:
            cell = cells[positions[bad]].strip()[:40]
            is_time = bad == 0 and cut.text_time is not None
            what = "is empty" if not cell else f"is not a finite {'time' if is_time else 'number'}: {cell}"
            log.add(row, f"{shape.names[positions[bad]]} {what}")
    return np.array(values, np.float64).reshape(-1, len(positions)), np.array(rows, np.int64)


def _cell(cells: list[str], i: int, position: int, cut: Cut) -> float:
    if i > 0 or cut.text_time is None:
        return _number(cells[position], cut.shape.decimal)
    day = f"{cells[cut.more[0]].strip()} " if cut.plan is not None and cut.plan.date_column else ""
    return _stamp(day + cells[position].strip(), cut.text_time)


def _is_empty(cell: str) -> bool:
    return cell.strip() in _NULLS or cell.strip().lower() == "nan"


def _number(cell: str, decimal: str) -> float:
    cell = cell.strip()
    if not is_number(cell, decimal):
        return math.nan
    return float(cell.replace(",", ".") if decimal == "," else cell)


def _stamp(cell: str, unit: TimeUnit) -> float:
    try:
        return stamp_microseconds(cell, unit)
    except (ValueError, OverflowError):
        return math.nan
