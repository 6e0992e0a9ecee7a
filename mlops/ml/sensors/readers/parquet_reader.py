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
from mlops.ml.sensors.readers.clock import KnownTime
from mlops.ml.sensors.readers.csv_reader import column_positions
from mlops.ml.sensors.readers.loggers import Seen
from mlops.ml.sensors.readers.plan import (
    MAX_COLUMNS,
    MAX_VALUE,
    Chunk,
    IssueLog,
    ReadPlan,
    usable,
)
from mlops.ml.sensors.readers.shown import NOTHING_TOLD, Preview, PreviewColumn, Told
from mlops.ml.sensors.readers.table import EVIDENCE_ROWS, table_preview
from mlops.ml.sensors.readers.timeline import Piece, timed

MAGIC = b"PAR1"
MAX_FOOTER_BYTES = 8 * 1024 * 1024
MAX_UNPACKED_BYTES = 512 * 1024 * 1024
BATCH_ROWS = 65_536

_PREVIEW_ROWS = 200
_PREVIEW_COLUMNS = 100


def preview_parquet(path: Path, filename: str = "", told: Told = NOTHING_TOLD) -> Preview:
    """Preview a Parquet file: every column of its schema, with values of the first rows."""
    import pyarrow as pa

    with _open(path) as file:
        schema = file.schema_arrow
        batch: Any = None
        flat = [f.name for f in schema if _is_number(f.type) or _is_time(f.type)][:_PREVIEW_COLUMNS]
        if flat:
            try:
                batch = next(file.iter_batches(EVIDENCE_ROWS, columns=flat, use_threads=False), None)
            except MemoryError:  # Arrow's own is one, too
                raise
            except (pa.ArrowException, OSError) as error:
                raise UnreadableInput("the Parquet file is damaged", row=1, code="damaged") from error
        columns, numbers = [], {}
        known_time: KnownTime | None = None
        for field in schema:
            cells = batch.column(field.name) if batch is not None and field.name in flat else None
            shown = tuple(str(v)[:40] for v in cells[:5].to_pylist()) if cells is not None else ()
            if _is_number(field.type):
                columns.append(PreviewColumn(field.name, shown, "number"))
            elif pa.types.is_timestamp(field.type) or pa.types.is_duration(field.type):
                columns.append(PreviewColumn(field.name, shown, "time"))
                clock = "1970" if pa.types.is_timestamp(field.type) else "start"
                known_time = known_time or KnownTime(field.name, field.type.unit, clock)
            else:
                columns.append(PreviewColumn(field.name, shown, "text"))
            if cells is not None:
                numbers[field.name] = np.asarray(_floats(cells), np.float64)
        n_rows = 0 if batch is None else min(_PREVIEW_ROWS, batch.num_rows)
    texts = {column.name: column.samples for column in columns}
    seen = Seen("parquet", filename, [column.name for column in columns], texts=texts)
    return table_preview(seen, columns, numbers, n_rows, [], told=told, known_time=known_time)


def read_parquet_chunks(path: Path, plan: ReadPlan, log: IssueLog) -> Iterator[Chunk]:
    """Stream the plan's columns; rows count from 1; null, NaN and infinite values go to the log.

    Raises UnreadableInput: ``too_large`` from the footer alone, ``missing_column``, ``wrong_type``, ``damaged``.
    """
    yield from timed(_pieces(path, plan, log), plan, log)


def _pieces(path: Path, plan: ReadPlan, log: IssueLog) -> Iterator[Piece]:
    import pyarrow as pa

    with _open(path) as file:
        schema = file.schema_arrow
        wanted = plan.wanted
        column_positions(wanted, schema.names)
        for name in wanted:
            kind = schema.field(name).type
            if not (_is_number(kind) or (name == plan.time_column and _is_time(kind))):
                raise UnreadableInput(f"the column {name[:60]} does not contain numbers", code="wrong_type")
        first = 1
        try:
            for batch in file.iter_batches(BATCH_ROWS, columns=list(dict.fromkeys(wanted)), use_threads=False):
                values = np.column_stack([_floats(batch.column(name)) for name in wanted])
                rows = np.arange(first, first + len(values), dtype=np.int64)
                first += len(values)
                if plan.skip_empty:
                    mine = ~np.isnan(values[:, -len(plan.columns) :]).all(axis=1)
                    values, rows = values[mine], rows[mine]
                good = usable(values)
                for i in np.flatnonzero(~good):
                    bad = wanted[int(np.argmin(np.abs(values[i]) <= MAX_VALUE))]
                    log.add(int(rows[i]), f"{bad} is empty or not a finite number")
                values, rows = values[good], rows[good]
                log.count_read(len(rows))
                if len(rows):
                    yield values, rows
        except MemoryError:
            raise
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
    except MemoryError:
        raise
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


def _is_time(kind: Any) -> bool:
    import pyarrow as pa

    return pa.types.is_timestamp(kind) or pa.types.is_duration(kind)


def _floats(column: Any) -> Any:
    """Return an Arrow column as float64, time stamps as their count, nulls as NaN."""
    import pyarrow as pa

    if _is_time(column.type):
        column = column.cast(pa.int64())
    return column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
