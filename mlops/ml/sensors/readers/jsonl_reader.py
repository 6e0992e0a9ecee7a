"""JSON lines: one object per line; nested objects are addressed as ``data.lumbarAngle``, lists as ``acc.0``."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from mlops.ml.contract import UnreadableInput
from mlops.ml.sensors.readers.plan import (
    MAX_COLUMNS,
    MAX_VALUE,
    Chunk,
    Issue,
    IssueLog,
    Preview,
    PreviewColumn,
    ReadPlan,
)
from mlops.ml.sensors.readers.suggest import is_iso, iso_microseconds
from mlops.ml.sensors.readers.table import table_preview
from mlops.ml.sensors.readers.text import line_blocks, read_head, sniff_text

_PREVIEW_ROWS = 200
_MAX_DEPTH = 3
_MAX_LIST = 64


def preview_jsonl(path: Path) -> Preview:
    """Preview a JSON lines file from at most 256 KiB of it."""
    head = read_head(path)
    issues: list[Issue] = []
    objects: list[dict[str, Any]] = []
    for first, block in line_blocks(path, sniff_text(head), max_bytes=len(head)):
        for row, line in enumerate(block.split(b"\n")[:-1], start=first):
            if not line.strip() or len(objects) >= _PREVIEW_ROWS:
                continue
            try:
                objects.append(dict(_flatten(_parse(line))))
            except ValueError as error:
                issues.append(Issue(row, str(error)))
    names = list(dict.fromkeys(name for found in objects for name in found))
    if len(names) > MAX_COLUMNS:
        raise UnreadableInput(f"the lines have more than {MAX_COLUMNS} fields", row=1, code="too_many_columns")
    if not objects:
        raise UnreadableInput("no line of the file is a JSON object", row=1, code="no_samples")
    columns = [_column(name, [found[name] for found in objects if name in found]) for name in names]
    numbers = {}
    for column in columns:
        if column.kind in ("number", "time"):
            cells = (_value(found.get(column.name), iso=column.kind == "time") for found in objects)
            values = np.array(list(cells), np.float64)
            numbers[column.name] = values[np.isfinite(values)]
    return table_preview("jsonl", columns, numbers, len(objects), issues)


def read_jsonl_chunks(path: Path, plan: ReadPlan, log: IssueLog) -> Iterator[Chunk]:
    """Stream a JSON lines file by its plan; lines that are no object or lack a number go to the log."""
    shape = sniff_text(read_head(path))
    wanted = list(plan.columns) if plan.time_column is None else [plan.time_column, *plan.columns]
    iso = 0 if plan.time_unit == "iso" and plan.time_column is not None else None
    for first, block in line_blocks(path, shape):
        values: list[list[float]] = []
        rows: list[int] = []
        for row, line in enumerate(block.split(b"\n")[:-1], start=first):
            if not line.strip():
                continue
            try:
                found = _parse(line)
            except ValueError as error:
                log.add(row, str(error))
                continue
            parsed = [_value(_lookup(found, name), iso=i == iso) for i, name in enumerate(wanted)]
            bad = next((i for i, value in enumerate(parsed) if not abs(value) <= MAX_VALUE), None)
            if bad is None:
                values.append(parsed)
                rows.append(row)
            else:
                log.add(row, f"{wanted[bad]} is missing or not a finite number")
        log.count_read(len(rows))
        if not rows:
            continue
        table, numbers = np.array(values, np.float64), np.array(rows, np.int64)
        if plan.time_column is None:
            yield Chunk((numbers - 1) / float(plan.rate_hz or 1.0), plan.scaled(table), numbers)
        else:
            yield Chunk(plan.seconds(table[:, 0]), plan.scaled(table[:, 1:]), numbers)


def _parse(line: bytes) -> dict[str, Any]:
    """Return the object of one line; raises ValueError with words for a person."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        raise ValueError("this line is not JSON") from None
    if not isinstance(found, dict):
        raise ValueError("this line is not a JSON object")
    return found


def _flatten(found: Any, prefix: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    if isinstance(found, dict) and depth < _MAX_DEPTH:
        for key, value in found.items():
            yield from _flatten(value, f"{prefix}.{key}" if prefix else str(key)[:120], depth + 1)
    elif isinstance(found, list) and depth < _MAX_DEPTH and len(found) <= _MAX_LIST:
        for i, value in enumerate(found):
            yield from _flatten(value, f"{prefix}.{i}", depth + 1)
    else:
        yield prefix, found


def _lookup(found: Any, name: str) -> Any:
    """Return the value at a dotted name; a key that itself holds dots wins; None when absent."""
    if isinstance(found, dict) and name in found:
        return found[name]
    head, _, tail = name.partition(".")
    if isinstance(found, dict):
        inner = found.get(head)
    elif isinstance(found, list) and head.isdigit() and len(head) < 4 and int(head) < len(found):
        inner = found[int(head)]
    else:
        return None
    return _lookup(inner, tail) if tail else inner


def _value(value: Any, *, iso: bool = False) -> float:
    """Return a JSON value as a float, NaN for anything that is not one."""
    if iso:
        try:
            return iso_microseconds(value) if isinstance(value, str) else math.nan
        except (ValueError, OverflowError):
            return math.nan
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.nan


def _column(name: str, cells: list[Any]) -> PreviewColumn:
    kind = "empty" if not cells else "text"
    if sum(math.isfinite(_value(c)) for c in cells) > 0.5 * len(cells):
        kind = "number"
    elif sum(isinstance(c, str) and is_iso(c) for c in cells) > 0.5 * len(cells):
        kind = "time"
    shown = tuple(str(c)[:40] for c in cells[:5])
    return PreviewColumn(name, shown, kind)  # type: ignore[arg-type]
