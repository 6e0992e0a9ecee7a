"""The cells of a file of days, delimited text in any usual encoding or JSON objects: a heading and numbered lines."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlops.ml.contract import UnreadableInput
from mlops.ml.sensors.readers.text import read_head, sniff_text
from mlops.ml.survival.checkins.readers.names import UNITS, compact, read_title

MAX_BYTES = 16 * 1024 * 1024
MAX_LINES = 20_000
MAX_LINE_CHARS = 10_000
MAX_CELLS = 300
_LOOKED_AT = 30
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u2028\u2029\x85]")


@dataclass(frozen=True)
class Sheet:
    """A table: the heading's cells, (line number, cells) below it, and the unit that stood under each heading."""

    titles: list[str]
    rows: list[tuple[int, list[str]]]
    units: dict[int, str]
    delimiter: str = ""


def read_sheet(path: Path) -> Sheet:
    """Read a whole small file. Raises UnreadableInput with the line."""
    if path.stat().st_size > MAX_BYTES:
        raise UnreadableInput("a table of days has at most 16 MiB", code="too_large")
    shape = sniff_text(read_head(path))
    with path.open(encoding=shape.encoding, errors="replace", newline="") as file:
        text = file.read().lstrip("\ufeff").rstrip("\0")
    text = _CONTROL.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))
    if text.lstrip()[:1] in ("{", "["):
        return _from_objects(_objects(text))
    _check_lines(text)
    return _from_text(text)


def _check_lines(text: str) -> None:
    for where, line in enumerate(text.split("\n"), 1):
        if len(line) > MAX_LINE_CHARS:
            raise UnreadableInput(f"line {where} is longer than any day can be", row=where, code="line_too_long")
        if where > MAX_LINES and line.strip():
            raise UnreadableInput(f"more than {MAX_LINES} lines", row=where, code="too_long")


def _from_text(text: str) -> Sheet:
    head = [line for line in text.split("\n", _LOOKED_AT + 1)[:_LOOKED_AT]]
    if not any(line.strip() for line in head):
        raise UnreadableInput("the file contains no line", code="empty_file")
    best: tuple[float, int, str] | None = None
    for delimiter in (",", ";", "\t", "|"):
        for at, cells in _cells(head, delimiter):
            score = _heading_score(cells)
            if score and (best is None or score > best[0]):
                best = score, at, delimiter
    if best is None:
        filled = [line for line in head if line.strip()]
        delimiter = max(",;\t|", key=filled[0].count)
        best = 0.0, next(i for i, line in enumerate(head) if line.strip()), delimiter
    _, at, delimiter = best
    lines = text.split("\n")
    titles: list[str] = []
    rows: list[tuple[int, list[str]]] = []
    for number, cells in _numbered(lines[at:], delimiter):
        if not titles:
            titles = cells
        elif any(cell.strip() for cell in cells):
            rows.append((at + number, cells))
    if len(titles) > MAX_CELLS:
        raise UnreadableInput(f"more than {MAX_CELLS} columns", row=at + 1, code="too_wide")
    units = _units(rows[0][1]) if rows else {}
    return Sheet([title.strip() for title in titles], rows[1:] if units else rows, units, delimiter)


def _cells(lines: Iterable[str], delimiter: str) -> Iterator[tuple[int, list[str]]]:
    for at, line in enumerate(lines):
        if line.strip():
            try:
                yield at, next(csv.reader([line], delimiter=delimiter, skipinitialspace=True))
            except (csv.Error, StopIteration):
                continue


def _numbered(lines: list[str], delimiter: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter, skipinitialspace=True)
    begin = 1
    try:
        for cells in reader:
            yield begin, [cell.strip() for cell in cells]
            begin = reader.line_num + 1
    except csv.Error as error:
        raise UnreadableInput(f"line {reader.line_num}: {error}", row=reader.line_num, code="not_csv") from error


def _heading_score(cells: list[str]) -> float:
    """How many cells of a line are headings that are known; a day counts double."""
    titles = [read_title(cell) for cell in cells if cell.strip()]
    if len(titles) < 2 or any(re.fullmatch(r"[\d.,:/\- ]+", title.text) for title in titles):
        return 0.0
    days = any(title.day_role() for title in titles)
    fields = sum(title.field() is not None for title in titles)
    return (2.0 if days else 0.0) + fields + 0.001 * len(titles)


def _units(cells: list[str]) -> dict[int, str]:
    """The units of a line that holds nothing but units; {} for a line of data."""
    filled = {i: cell for i, cell in enumerate(cells) if cell.strip()}
    if not filled or any(any(ch.isdigit() for ch in cell) or len(cell) > 12 for cell in filled.values()):
        return {}
    found = {i: UNITS[compact(cell)] for i, cell in filled.items() if compact(cell) in UNITS}
    return found if 2 * len(found) >= len(filled) else {}


def _objects(text: str) -> list[dict[str, Any]]:
    """Objects of a JSON list, of the first list of objects inside an object, or one a line."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        try:
            data = [json.loads(line) for line in text.split("\n") if line.strip()]
        except (ValueError, RecursionError) as error:
            raise UnreadableInput("this is no readable JSON", code="not_json") from error
    if isinstance(data, dict):
        inner = next((one for one in data.values() if isinstance(one, list) and one and isinstance(one[0], dict)), None)
        data = inner or [data]
    found = [one for one in data if isinstance(one, dict)] if isinstance(data, list) else []
    if not found:
        raise UnreadableInput("the file contains no objects", code="not_json")
    if len(found) > MAX_LINES:
        raise UnreadableInput(f"more than {MAX_LINES} entries", code="too_long")
    return found


def _from_objects(objects: list[dict[str, Any]]) -> Sheet:
    flat = [dict(_flat(one)) for one in objects]
    titles = list(dict.fromkeys(name for one in flat for name in one))[:MAX_CELLS]
    rows = [(n, [one.get(name, "") for name in titles]) for n, one in enumerate(flat, 1)]
    return Sheet(_short(titles), rows, {})


def _short(titles: list[str]) -> list[str]:
    """Dotted names as their last part, where that tells them apart and is more than "value" or a moment."""
    last = [title.rsplit(".", 1)[-1] for title in titles]
    plain = ("value", "date_time", "start_date_time", "end_date_time", "unit")
    return [
        part if last.count(part) == 1 and part.partition(" ")[0] not in plain else title
        for part, title in zip(last, titles, strict=True)
    ]


def _flat(value: dict[str, Any], before: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Nested objects as dotted names; what only wraps others (body) is left out of the names, lists of the data."""
    for key, one in value.items():
        name = f"{before}.{key}" if before else str(key)
        if isinstance(one, dict):
            if depth < 6:
                if set(one) <= {"value", "unit"} and "value" in one and not isinstance(one["value"], dict | list):
                    yield f"{name} ({one['unit']})" if one.get("unit") else name, _text(one["value"])
                else:
                    yield from _flat(one, "" if key in ("body", "header", "data", "score") else name, depth + 1)
        elif not isinstance(one, list):
            yield name, _text(one)


def _text(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)[:MAX_LINE_CHARS]
