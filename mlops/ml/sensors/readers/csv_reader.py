"""Delimited text: preview and streaming.

Blocks of whole lines are parsed by pyarrow; a block in which a line has another number of cells, is blank, or
holds text where a number should stand is read again line by line, so that each bad line is named by its number.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mlops.ml.contract import IntArray, UnreadableInput
from mlops.ml.sensors.readers.csv_shape import CsvShape, is_number, sniff_csv, split_line
from mlops.ml.sensors.readers.plan import (
    MAX_ISSUES,
    MAX_VALUE,
    Chunk,
    Float64Array,
    Issue,
    IssueLog,
    Preview,
    PreviewColumn,
    ReadPlan,
    usable,
)
from mlops.ml.sensors.readers.suggest import is_iso, iso_microseconds
from mlops.ml.sensors.readers.table import table_preview
from mlops.ml.sensors.readers.text import line_blocks, read_head

_PREVIEW_ROWS = 200
_SMALL_BLOCK = 8192  # bytes that are read line by line when a line among them is bad
_ZONE = re.compile(r"(Z|[+-]\d\d:?\d\d)$")


def preview_csv(path: Path) -> Preview:
    """Look at the head of a delimited text file; raises UnreadableInput for what cannot be such a file."""
    head = read_head(path)
    shape = sniff_csv(path, head)
    issues: list[Issue] = []
    if shape.header_issue:
        issues.append(Issue(max(1, shape.first_row - 1), shape.header_issue))
    rows: list[list[str]] = []
    for first, block in line_blocks(path, shape.text, max_bytes=len(head)):
        for row, line in enumerate(block.decode("utf-8").split("\n")[:-1], start=first):
            line = line.rstrip("\r")
            if row < shape.first_row or not line.strip() or len(rows) >= _PREVIEW_ROWS:
                continue
            cells = split_line(line, shape.delimiter)
            if len(cells) == len(shape.names):
                rows.append(cells)
            elif len(issues) < MAX_ISSUES:
                issues.append(Issue(row, f"{len(cells)} cells instead of {len(shape.names)}"))
    columns = [_column(name, [r[i] for r in rows], shape.decimal) for i, name in enumerate(shape.names)]
    return table_preview("csv", columns, _numbers(columns, rows, shape), len(rows), issues, delimiter=shape.delimiter)


def _column(name: str, cells: list[str], decimal: str) -> PreviewColumn:
    filled = [c.strip() for c in cells if c.strip()]
    kind = "empty"
    if filled:
        kind = "text"
        if sum(is_number(c, decimal) for c in filled) > 0.5 * len(filled):
            kind = "number"
        elif sum(is_iso(c) for c in filled) > 0.5 * len(filled):
            kind = "time"
    return PreviewColumn(name, tuple(c[:40] for c in filled[:5]), kind)  # type: ignore[arg-type]


def _numbers(columns: list[PreviewColumn], rows: list[list[str]], shape: CsvShape) -> dict[str, Float64Array]:
    numbers = {}
    for i, column in enumerate(columns):
        convert = _number if column.kind == "number" else _iso if column.kind == "time" else None
        if convert is not None:
            values = np.array([convert(r[i], shape.decimal) for r in rows])
            numbers[column.name] = values[np.isfinite(values)]
    return numbers


def read_csv_chunks(path: Path, plan: ReadPlan, log: IssueLog) -> Iterator[Chunk]:
    """Stream a delimited text file by its plan; bad lines go to the log, fatal ones raise UnreadableInput."""
    shape = sniff_csv(path, read_head(path), plan.delimiter)
    wanted = list(plan.columns) if plan.time_column is None else [plan.time_column, *plan.columns]
    positions = column_positions(wanted, shape.names)
    iso = 0 if plan.time_unit == "iso" and plan.time_column is not None else None
    blocks = line_blocks(path, shape.text)
    for values, rows in parse_blocks(blocks, shape, positions, log, iso=iso):
        if plan.time_column is None:
            time, values = (rows - shape.first_row) / float(plan.rate_hz or 1.0), values
        else:
            time, values = plan.seconds(values[:, 0]), values[:, 1:]
        yield Chunk(time, plan.scaled(values), rows)


def column_positions(wanted: Sequence[str], names: Sequence[str]) -> list[int]:
    """Return where each wanted column stands; raises UnreadableInput (``missing_column``)."""
    known = {name: i for i, name in enumerate(names)}
    for name in wanted:
        if name not in known:
            raise UnreadableInput(f"the file has no column {name[:60]}", row=1, code="missing_column")
    return [known[name] for name in wanted]


def parse_blocks(
    blocks: Iterable[tuple[int, bytes]],
    shape: CsvShape,
    positions: list[int],
    log: IssueLog,
    *,
    iso: int | None = None,
) -> Iterator[tuple[Float64Array, IntArray]]:
    """Yield (values (n, columns) float64, line numbers (n,)) of the good lines of each block.

    `iso` is the index in `positions` that holds date-times; they come out as microseconds since 1970.
    """
    for first, block in blocks:
        if first < shape.first_row:
            skip = shape.first_row - first
            block = b"\n".join(block.split(b"\n")[skip:])
            first = shape.first_row
            if not block:
                continue
        values, rows = _parse(block, first, shape, positions, log, iso)
        log.count_read(len(rows))
        if len(rows):
            yield values, rows


def _parse(
    block: bytes, first: int, shape: CsvShape, positions: list[int], log: IssueLog, iso: int | None
) -> tuple[Float64Array, IntArray]:
    """Parse a block fast; one that holds a bad line is halved until only few lines are left for a closer look."""
    parsed = _parse_fast(block, first, shape, positions, log, iso)
    if parsed is not None:
        return parsed
    middle = block.find(b"\n", len(block) // 2) + 1
    if len(block) < _SMALL_BLOCK or not 0 < middle < len(block):
        return _parse_slow(block, first, shape, positions, log, iso)
    head = _parse(block[:middle], first, shape, positions, log, iso)
    tail = _parse(block[middle:], first + block.count(b"\n", 0, middle), shape, positions, log, iso)
    return np.concatenate([head[0], tail[0]]), np.concatenate([head[1], tail[1]])


def _parse_fast(
    block: bytes, first: int, shape: CsvShape, positions: list[int], log: IssueLog, iso: int | None
) -> tuple[Float64Array, IntArray] | None:
    """Parse a block with pyarrow; None where a line needs a closer look."""
    import pyarrow as pa
    from pyarrow import csv as pa_csv

    keys = [f"c{i}" for i in range(len(shape.names))]
    used = sorted(set(positions))
    kinds = {keys[i]: pa.float64() for i in used}
    if iso is not None:
        cells = split_line(block[: block.find(b"\n")].decode("utf-8"), shape.delimiter)
        stamp = cells[positions[iso]].strip() if positions[iso] < len(cells) else ""
        kinds[keys[positions[iso]]] = pa.timestamp("us", "UTC" if _ZONE.search(stamp) else None)
    try:
        table = pa_csv.read_csv(
            io.BytesIO(block),
            read_options=pa_csv.ReadOptions(use_threads=False, block_size=len(block) + 1, column_names=keys),
            parse_options=pa_csv.ParseOptions(delimiter=shape.delimiter),
            convert_options=pa_csv.ConvertOptions(
                column_types=kinds,
                include_columns=[keys[i] for i in used],
                null_values=[""],
                decimal_point=shape.decimal,
            ),
        )
    except pa.ArrowInvalid:
        return None
    if table.num_rows != block.count(b"\n"):
        return None
    values = np.column_stack([_floats(table.column(keys[i])) for i in positions])
    rows = np.arange(first, first + len(values), dtype=np.int64)
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


def _parse_slow(
    block: bytes, first: int, shape: CsvShape, positions: list[int], log: IssueLog, iso: int | None
) -> tuple[Float64Array, IntArray]:
    """Parse a block line by line, naming each bad line."""
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
        parsed = [
            _iso(cells[p], shape.decimal) if i == iso else _number(cells[p], shape.decimal)
            for i, p in enumerate(positions)
        ]
        bad = next((i for i, value in enumerate(parsed) if not abs(value) <= MAX_VALUE), None)
        if bad is None:
            values.append(parsed)
            rows.append(row)
        else:
            cell = cells[positions[bad]].strip()[:40]
            what = "is empty" if not cell else f"is not a finite {'time' if bad == iso else 'number'}: {cell}"
            log.add(row, f"{shape.names[positions[bad]]} {what}")
    return np.array(values, np.float64).reshape(-1, len(positions)), np.array(rows, np.int64)


def _number(cell: str, decimal: str) -> float:
    cell = cell.strip()
    if not is_number(cell, decimal):
        return math.nan
    return float(cell.replace(",", ".") if decimal == "," else cell)


def _iso(cell: str, decimal: str) -> float:
    try:
        return iso_microseconds(cell)
    except (ValueError, OverflowError):
        return math.nan
