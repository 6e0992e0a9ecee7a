"""JSON: one object per line, or a list of objects; nested ones are addressed as ``data.lumbarAngle``, lists as
``acc.0``."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from mlops.ml.contract import UnreadableInput
from mlops.ml.sensors.readers.json_objects import parse_object, read_objects, unfolded
from mlops.ml.sensors.readers.loggers import Seen
from mlops.ml.sensors.readers.plan import (
    MAX_COLUMNS,
    MAX_VALUE,
    Chunk,
    Issue,
    IssueLog,
    ReadPlan,
)
from mlops.ml.sensors.readers.shown import NOTHING_TOLD, Preview, PreviewColumn, Told
from mlops.ml.sensors.readers.stamps import is_stamp, stamp_microseconds
from mlops.ml.sensors.readers.table import EVIDENCE_ROWS, column_values, table_preview
from mlops.ml.sensors.readers.text import read_head, sniff_text, text_end
from mlops.ml.sensors.readers.timeline import Piece, timed

_PREVIEW_ROWS = 200
_MAX_DEPTH = 3
_MAX_LIST = 64
_BATCH = 8192
_TEXT_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*")


def preview_jsonl(path: Path, filename: str = "", told: Told = NOTHING_TOLD) -> Preview:
    """Preview JSON lines or a list of objects from at most 256 KiB of it."""
    issues: list[Issue] = []
    objects: list[dict[str, Any]] = []
    for row, text in read_objects(path, sniff_text(read_head(path)), max_bytes=len(read_head(path))):
        if len(objects) >= EVIDENCE_ROWS:
            break
        try:
            for one in unfolded(parse_object(text)):
                objects.append(dict(_flatten(one)))
        except ValueError as error:
            issues.append(Issue(row, str(error)))
    names = list(dict.fromkeys(name for found in objects for name in found))
    if len(names) > MAX_COLUMNS:
        raise UnreadableInput(f"the lines have more than {MAX_COLUMNS} fields", row=1, code="too_many_columns")
    if not objects:
        raise UnreadableInput("no line of the file is a JSON object", row=1, code="no_samples")
    columns = [_column(name, [found[name] for found in objects if name in found]) for name in names]
    cells = {name: [_text(found.get(name)) for found in objects] for name in names}
    values, text_units = column_values(
        columns, cells, lambda cell: float(cell) if _TEXT_NUMBER.fullmatch(cell) else math.nan
    )
    seen = Seen(
        "jsonl",
        filename,
        names,
        texts={name: tuple(cell for cell in cells[name][:_PREVIEW_ROWS] if cell) for name in names},
    )
    return table_preview(
        seen,
        columns,
        values,
        min(len(objects), _PREVIEW_ROWS),
        issues,
        text_units=text_units,
        told=told,
        text_columns=cells,
    )


def read_jsonl_chunks(path: Path, plan: ReadPlan, log: IssueLog) -> Iterator[Chunk]:
    """Stream JSON objects by a plan; those that are none or lack a number go to the log."""
    _, n_zeros = text_end(path)
    if n_zeros > 1:
        log.note(f"The file ends with {n_zeros} zero bytes, as after a power loss; everything before them is used.")
    yield from timed(_pieces(path, plan, log), plan, log)


def _pieces(path: Path, plan: ReadPlan, log: IssueLog) -> Iterator[Piece]:
    head = read_head(path)
    wanted = plan.wanted
    as_text = _written_as_text(path, wanted)
    values: list[list[float]] = []
    rows: list[int] = []
    for row, text in read_objects(path, sniff_text(head)):
        try:
            found = unfolded(parse_object(text))
        except ValueError as error:
            log.add(row, str(error))
            continue
        for one in found:
            parsed = _row(one, plan, wanted, as_text)
            if parsed is None:
                continue
            bad = next((i for i, value in enumerate(parsed) if not abs(value) <= MAX_VALUE), None)
            if bad is None:
                values.append(parsed)
                rows.append(row)
            else:
                log.add(row, f"{wanted[bad]} is missing or not a finite number")
        if len(values) >= _BATCH:
            log.count_read(len(rows))
            yield np.array(values, np.float64), np.array(rows, np.int64)
            values, rows = [], []
    log.count_read(len(rows))
    if rows:
        yield np.array(values, np.float64), np.array(rows, np.int64)


def _row(found: dict[str, Any], plan: ReadPlan, wanted: list[str], as_text: frozenset[str]) -> list[float] | None:
    """The wanted numbers of one object; None where it is about another sensor."""
    if plan.where and str(_lookup(found, plan.where[0])).strip() != plan.where[1]:
        return None
    given = [_lookup(found, name) for name in wanted]
    if plan.skip_empty and all(value is None for value in given[-len(plan.columns) :]):
        return None
    unit = plan.text_time
    parsed = [_value(value, name in as_text) for name, value in zip(wanted, given, strict=True)]
    if unit is not None:
        day = f"{_lookup(found, plan.date_column)} " if plan.date_column else ""
        try:
            parsed[0] = stamp_microseconds(day + given[0], unit) if isinstance(given[0], str) else math.nan
        except (ValueError, OverflowError):
            parsed[0] = math.nan
    return parsed


def _written_as_text(path: Path, wanted: list[str]) -> frozenset[str]:
    """The columns whose numbers this file writes as strings, by its first objects."""
    head = read_head(path)
    counts = dict.fromkeys(wanted, 0)
    for n, (_, text) in enumerate(read_objects(path, sniff_text(head), max_bytes=len(head))):
        if n >= _PREVIEW_ROWS:
            break
        try:
            found = unfolded(parse_object(text))
        except ValueError:
            continue
        for one in found:
            for name in wanted:
                value = _lookup(one, name)
                counts[name] += 1 if isinstance(value, str) else -1 if value is not None else 0
    return frozenset(name for name, n in counts.items() if n > 0)


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


def _value(value: Any, as_text: bool = False) -> float:
    """Return a JSON value as a float, NaN for anything that is not one; texts only where the file writes numbers so."""
    if as_text and isinstance(value, str) and _TEXT_NUMBER.fullmatch(value):
        return float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.nan


def _text(value: Any) -> str:
    if value is None or isinstance(value, bool | dict | list):
        return ""
    return value.strip() if isinstance(value, str) else repr(value) if math.isfinite(_value(value)) else ""


def _column(name: str, cells: list[Any]) -> PreviewColumn:
    kind = "empty" if not cells else "text"
    if sum(bool(_TEXT_NUMBER.fullmatch(_text(c))) for c in cells) > 0.5 * len(cells):
        kind = "number"
    elif sum(isinstance(c, str) and is_stamp(c) for c in cells) > 0.5 * len(cells):
        kind = "time"
    shown = tuple(str(c)[:40] for c in cells[:5])
    return PreviewColumn(name, shown, kind)  # type: ignore[arg-type]
