"""How a delimited text file is written, found from its head: delimiter, decimal mark, heading, units row, first data
line.

Loggers write lines about themselves before the heading, and a row of units behind it. The data tell where they begin:
by their number of cells and by being numbers; the heading is the last line of names before them.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from mlops.ml.contract import UnreadableInput
from mlops.ml.sensors.readers.plan import MAX_COLUMNS
from mlops.ml.sensors.readers.stamps import is_date, is_stamp
from mlops.ml.sensors.readers.text import TextShape, line_blocks, sniff_text
from mlops.ml.sensors.readers.unit_names import is_unit_cell

DELIMITERS = (";", "\t", ",", "|")
FLEXTAIL_COLUMNS = 44
MAX_PREAMBLE = 30

_POINT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?(nan|inf|infinity)", re.IGNORECASE)
_COMMA = re.compile(r"[+-]?(\d+,?\d*|,\d+)([eE][+-]?\d+)?|[+-]?(nan|inf|infinity)", re.IGNORECASE)
_SNIFF_LINES = 60
Line = tuple[int, list[str]]


@dataclass(frozen=True)
class CsvShape:
    """Everything needed to split the lines of one file.

    names     one per column, unique; ``column_1`` … where the file has no header
    first_row the 1-based line at which data begins
    header_row the line of the heading, None without one
    units     what the row of units says per column; empty without such a row
    preamble  the cells of the lines before the heading
    head      the first lines as they stand
    """

    text: TextShape
    delimiter: str
    decimal: str
    names: tuple[str, ...]
    has_header: bool
    first_row: int
    header_issue: str | None = None
    header_row: int | None = None
    units: tuple[str, ...] = ()
    preamble: tuple[tuple[str, ...], ...] = ()
    head: tuple[tuple[int, tuple[str, ...]], ...] = ()

    @property
    def is_flextail(self) -> bool:
        """True for the raw FlexTail table: 44 columns of numbers without a header."""
        return not self.has_header and len(self.names) == FLEXTAIL_COLUMNS


def split_line(line: str, delimiter: str) -> list[str]:
    """Split one line into cells, honouring double quotes."""
    if '"' not in line:
        return line.split(delimiter)
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return line.split(delimiter)


def is_number(cell: str, decimal: str = ".") -> bool:
    """True when the whole cell is one number (or nan, inf) with that decimal mark."""
    return bool((_COMMA if decimal == "," else _POINT).fullmatch(cell.strip()))


def sniff_csv(path: Path, head: bytes, delimiter: str | None = None, header_row: int | None = None) -> CsvShape:
    """Find the shape of a delimited text file from its first 256 KiB; `header_row` is a person's word, 0 for none.

    Raises UnreadableInput for binary or empty content, a line over 64 KiB, more than 2,000 columns.
    """
    text = sniff_text(head)
    lines: list[tuple[int, str]] = []
    for first, block in line_blocks(path, text, max_bytes=len(head)):
        found = enumerate(block.decode("utf-8").split("\n")[:-1], start=first)
        lines += [(row, line.rstrip("\r")) for row, line in found if line.strip("\r ")]
        if len(lines) > 2 * _SNIFF_LINES:
            break
    told = next((sep for _, line in lines[:1] if (sep := _told_delimiter(line))), None)
    lines = [(row, line) for row, line in lines if not line.startswith("#") and not _told_delimiter(line)]
    if not lines:
        raise UnreadableInput("the file contains no rows", code="empty_file")
    begin = lines[: _SNIFF_LINES + MAX_PREAMBLE]
    body = [line for _, line in begin[len(begin) // 3 :]]
    delimiter = delimiter or told or _find_delimiter(body if len(lines) > 3 else [line for _, line in lines])
    cells = [(row, split_line(line, delimiter)) for row, line in begin]
    for row, found_cells in cells:
        if len(found_cells) > MAX_COLUMNS:
            text_ = f"this line has {len(found_cells)} columns; at most {MAX_COLUMNS} are read"
            raise UnreadableInput(text_, row=row, code="too_many_columns")
    tail = cells[len(cells) // 3 :] if len(cells) > 3 else cells
    decimal = _find_decimal([c for _, row_cells in tail for c in row_cells], delimiter)
    return _with_heading(text, delimiter, decimal, cells, header_row)


def _with_heading(text: TextShape, delimiter: str, decimal: str, cells: list[Line], header_row: int | None) -> CsvShape:
    """Find heading, row of units and first data line among the first lines."""
    header, first = (
        _told_heading(cells, decimal, header_row) if header_row is not None else _find_heading(cells, decimal)
    )
    units: list[str] = []
    rest = cells[first:]
    if header is not None and rest and header + 1 < first:
        units = next((c for _, c in cells[header + 1 : first] if _is_units_row(c)), [])
    counted = Counter(len(c) for _, c in rest).most_common(1)
    n_columns = counted[0][0] if counted else len(cells[header][1]) if header is not None else 1
    names_found = cells[header][1] if header is not None else []
    issue = None
    bare = n_columns - 1 if all(len(c) < n_columns or not c[-1].strip() for _, c in rest) else n_columns
    if header is not None and not {len(_trimmed(names_found)), len(names_found)} & {n_columns, bare}:
        issue = f"the header has {len(names_found)} names, the rows have {n_columns} cells"
    if rest and (header is None or header + 1 < first):
        first_row = rest[0][0]
    else:
        first_row = cells[header][0] + 1 if header is not None else cells[-1][0]
    return CsvShape(
        text,
        delimiter,
        decimal,
        unique_names(names_found, n_columns),
        header is not None,
        first_row,
        issue,
        cells[header][0] if header is not None else None,
        tuple(cell.strip()[:40] for cell in units),
        tuple(tuple(c) for _, c in cells[: header if header is not None else 0]),
        tuple((row, tuple(cell.strip()[:60] for cell in c[:24])) for row, c in cells[:12]),
    )


def _find_heading(cells: list[Line], decimal: str) -> tuple[int | None, int]:
    """(position of the heading or None, position of the first data line)."""
    tail = cells[len(cells) // 3 :] if len(cells) > 3 else cells[1:] or cells
    data = [c for _, c in tail if _is_data(c, decimal)] or [c for _, c in tail]
    n_columns = Counter(len(c) for c in data).most_common(1)[0][0]
    for n, (_, line) in enumerate(cells):
        if abs(len(line) - n_columns) <= 1 and _may_head(line, n_columns, decimal) and not _is_units_row(line):
            first = n + 1
            while first < len(cells) and _is_units_row(cells[first][1]):
                first += 1
            follow = [_is_data(c, decimal) for _, c in cells[first : first + (2 if n_columns <= 2 else 6)]]
            if follow and sum(follow) >= (len(follow) if n_columns <= 2 else 0.5 * len(follow)):
                return n, first
    exact = (n for n, (_, c) in enumerate(cells) if len(c) == n_columns and _is_data(c, decimal))
    first_data = next(exact, None)
    if first_data is None:  # no line of numbers: the first line is the heading, as in a table of text
        header = cells[0][1]
        named = any(c.strip() for c in header) and not any(_is_value(c, decimal) for c in header)
        return (0, 1) if named else (None, 0)
    for n in range(first_data - 1, -1, -1):
        if _may_head(cells[n][1], n_columns, decimal) and not _is_units_row(cells[n][1]):
            return n, n + 1 if len(cells[n][1]) > 1 and n + 1 < first_data and n_columns > 1 else first_data
    return None, first_data


def _told_heading(cells: list[Line], decimal: str, header_row: int) -> tuple[int | None, int]:
    """The same for a line that a person chose; 0 means that there is no heading."""
    if header_row == 0:
        return None, next((n for n, (_, c) in enumerate(cells) if _is_data(c, decimal)), 0)
    at = next((n for n, (row, _) in enumerate(cells) if row == header_row), None)
    if at is None:
        raise UnreadableInput("this line cannot be the heading", row=header_row, code="bad_header_row")
    after = at + 1
    while after < len(cells) - 1 and not _is_data(cells[after][1], decimal) and after - at < 10:
        after += 1
    return at, after if _is_data(cells[after][1], decimal) else at + 1 if after < len(cells) else after


def _trimmed(cells: list[str]) -> list[str]:
    """Without the empty cell that a trailing delimiter leaves."""
    return cells[:-1] if cells and not cells[-1].strip() else cells


def _is_value(cell: str, decimal: str) -> bool:
    return is_number(cell, decimal) or is_stamp(cell) or is_date(cell)


def _is_data(cells: list[str], decimal: str) -> bool:
    """True for a line that holds mostly numbers and times; empty cells do not count. Short lines begin with one."""
    filled = [c for c in cells if c.strip()]
    if len(cells) <= 3 and filled and len(filled) > 1 and not _is_value(filled[0], decimal):
        return False
    return bool(filled) and 2 * sum(_is_value(c, decimal) for c in filled) >= len(filled)


def _is_units_row(cells: list[str]) -> bool:
    filled = [c for c in cells if c.strip()]
    return len(filled) > 0 and all(is_unit_cell(c) for c in filled)


def _may_head(cells: list[str], n_columns: int, decimal: str) -> bool:
    """True for a line of names, about as many as there are columns."""
    if abs(len(cells) - n_columns) > 1 and not (len(cells) > 1 and len(cells) > n_columns // 2):
        return False
    filled = [c for c in cells if c.strip()]
    return bool(filled) and 2 * len(filled) >= len(_trimmed(cells)) and not any(_is_value(c, decimal) for c in filled)


def unique_names(header: list[str], n_columns: int) -> tuple[str, ...]:
    """Return `n_columns` different names: the header's, ``column_n`` for empty ones, ``name (2)`` for doubled."""
    names: list[str] = []
    for i in range(n_columns):
        base = header[i].strip()[:120] if i < len(header) else ""
        name = base = base or f"column_{i + 1}"
        n = 2
        while name in names:
            name, n = f"{base} ({n})", n + 1
        names.append(name)
    return tuple(names)


def _told_delimiter(line: str) -> str | None:
    """Return the delimiter of an Excel hint ``sep=;``, also a quoted one, or None."""
    bare = line.strip(' "')
    return (bare[4:5] or "\t") if bare.lower().startswith("sep=") and len(bare) <= 6 else None


def _find_delimiter(lines: list[str]) -> str:
    """Return the delimiter that gives the steadiest columns, most of them numbers."""
    best, best_score = ",", (0.0, 0.0, 0)
    for candidate in DELIMITERS:
        split = [split_line(line, candidate) for line in lines]
        n_columns, n_lines = Counter(len(c) for c in split).most_common(1)[0]
        if n_columns < 2:
            continue
        cells = [c for row in split[1:] or split for c in row]
        numeric = sum(is_number(c) or is_number(c, ",") or not c.strip() or _is_value(c, ".") for c in cells)
        share = numeric / max(1, len(cells))
        score = (round(n_lines / len(split), 1) + round(share, 1), share, n_columns)
        if score > best_score:
            best, best_score = candidate, score
    return best


def _find_decimal(cells: list[str], delimiter: str) -> str:
    """Return ``,`` where more cells are numbers with a decimal comma than with a point (quoted between commas)."""
    comma = sum("," in c and is_number(c, ",") for c in cells)
    point = sum("." in c and is_number(c, ".") for c in cells)
    return "," if comma > point else "."
