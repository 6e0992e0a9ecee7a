"""Parquet: the footer is judged before any data is read, then selected columns stream in batches.

A small file can claim to expand without limit, so the bytes that its rows take when unpacked are counted from the
footer (rows × columns × 8 and the declared uncompressed sizes, whichever is more).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from mlops.ml.contract import UnreadableInput
from mlops.ml.sensors.readers.csv_reader import column_positions
from mlops.ml.sensors.readers.plan import (
    MAX_COLUMNS,
    MAX_VALUE,
    Chunk,
    IssueLog,
    Preview,
    PreviewColumn,
    ReadPlan,
    usable,
)
from mlops.ml.sensors.readers.table import table_preview

MAGIC = b"PAR1"
MAX_FOOTER_BYTES = 8 * 1024 * 1024
MAX_UNPACKED_BYTES = 512 * 1024 * 1024
BATCH_ROWS = 65_536

_PREVIEW_ROWS = 200
_PREVIEW_COLUMNS = 100


def preview_parquet(path: Path) -> Preview:
    """Preview a Parquet file: every column of its schema, with values of the first rows."""
    import pyarrow as pa

    with _open(path) as file:
        schema = file.schema_arrow
        batch: Any = None
        flat = [f.name for f in schema if _is_number(f.type) or pa.types.is_timestamp(f.type)][:_PREVIEW_COLUMNS]
        if flat:
            try:
                batch = next(file.iter_batches(_PREVIEW_ROWS, columns=flat, use_threads=False), None)
            except (pa.ArrowException, OSError) as error:
                raise UnreadableInput("the Parquet file is damaged", row=1, code="damaged") from error
        columns, numbers, known_time = [], {}, None
        for field in schema:
            cells = batch.column(field.name) if batch is not None and field.name in flat else None
            shown = tuple(str(v)[:40] for v in cells[:5].to_pylist()) if cells is not None else ()
            if _is_number(field.type):
                columns.append(PreviewColumn(field.name, shown, "number"))
            elif pa.types.is_timestamp(field.type):
                columns.append(PreviewColumn(field.name, shown, "time"))
                known_time = known_time or (field.name, field.type.unit)
            else:
                columns.append(PreviewColumn(field.name, shown, "text"))
            if cells is not None:
                values = _floats(cells)
                numbers[field.name] = values[np.isfinite(values)]
        n_rows = 0 if batch is None else batch.num_rows
    return table_preview("parquet", columns, numbers, n_rows, [], known_time=known_time)


def read_parquet_chunks(path: Path, plan: ReadPlan, log: IssueLog) -> Iterator[Chunk]:
    """Stream the plan's columns; rows count from 1; null, NaN and infinite values go to the log.

    Raises UnreadableInput: ``too_large`` from the footer alone, ``missing_column``, ``wrong_type``, ``damaged``.
    """
    import pyarrow as pa

    with _open(path) as file:
        schema = file.schema_arrow
        wanted = list(plan.columns) if plan.time_column is None else [plan.time_column, *plan.columns]
        column_positions(wanted, schema.names)
        for name in wanted:
            kind = schema.field(name).type
            if not (_is_number(kind) or (name == plan.time_column and pa.types.is_timestamp(kind))):
                raise UnreadableInput(f"the column {name[:60]} does not hold numbers", code="wrong_type")
        first = 1
        try:
            for batch in file.iter_batches(BATCH_ROWS, columns=list(dict.fromkeys(wanted)), use_threads=False):
                values = np.column_stack([_floats(batch.column(name)) for name in wanted])
                rows = np.arange(first, first + len(values), dtype=np.int64)
                first += len(values)
                good = usable(values)
                for i in np.flatnonzero(~good):
                    bad = wanted[int(np.argmin(np.abs(values[i]) <= MAX_VALUE))]
                    log.add(int(rows[i]), f"{bad} is empty or not a finite number")
                values, rows = values[good], rows[good]
                log.count_read(len(rows))
                if not len(rows):
                    continue
                if plan.time_column is None:
                    yield Chunk((rows - 1) / float(plan.rate_hz or 1.0), plan.scaled(values), rows)
                else:
                    yield Chunk(plan.seconds(values[:, 0]), plan.scaled(values[:, 1:]), rows)
        except (pa.ArrowException, OSError) as error:
            raise UnreadableInput("the Parquet file is damaged", row=first, code="damaged") from error


def _open(path: Path) -> Any:
    """Open a Parquet file after its footer was found small and its content bounded."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = Path(path)
    size = path.stat().st_size
    with open(path, "rb") as raw:
        head = raw.read(4)
        raw.seek(max(0, size - 8))
        tail = raw.read(8)
    if head != MAGIC or tail[4:] != MAGIC or size < 12:
        raise UnreadableInput("this is not a complete Parquet file", code="damaged")
    footer = int.from_bytes(tail[:4], "little")
    if footer > size - 12:
        raise UnreadableInput("this is not a complete Parquet file", code="damaged")
    if footer > MAX_FOOTER_BYTES:
        raise UnreadableInput("the description inside the Parquet file is too large", code="too_large")
    try:
        file = pq.ParquetFile(
            path,
            memory_map=False,
            pre_buffer=False,
            buffer_size=1 << 16,
            thrift_string_size_limit=MAX_FOOTER_BYTES,
            thrift_container_size_limit=200_000,
        )
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise UnreadableInput("the Parquet file is damaged", code="damaged") from error
    try:
        _check_footer(file.metadata)
    except UnreadableInput:
        file.close()
        raise
    return file


def _check_footer(metadata: Any) -> None:
    if metadata.num_columns > MAX_COLUMNS:
        text = f"the file has {metadata.num_columns} columns; at most {MAX_COLUMNS} are read"
        raise UnreadableInput(text, code="too_many_columns")
    declared = sum(metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups))
    unpacked = max(declared, metadata.num_rows * metadata.num_columns * 8)
    if unpacked > MAX_UNPACKED_BYTES:
        text = f"the file unpacks to {unpacked >> 20} MiB; at most {MAX_UNPACKED_BYTES >> 20} MiB are read"
        raise UnreadableInput(text, code="too_large")


def _is_number(kind: Any) -> bool:
    import pyarrow as pa

    return pa.types.is_floating(kind) or pa.types.is_integer(kind)


def _floats(column: Any) -> Any:
    """Return an Arrow column as float64, time stamps as their count, nulls as NaN."""
    import pyarrow as pa

    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    return column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
