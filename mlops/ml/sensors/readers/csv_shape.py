"""How a delimited text file is written, found from its head: delimiter, decimal mark, header, first data line."""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from mlops.ml.contract import UnreadableInput
from mlops.ml.sensors.readers.plan import MAX_COLUMNS
from mlops.ml.sensors.readers.suggest import is_iso
from mlops.ml.sensors.readers.text import TextShape, line_blocks, sniff_text

DELIMITERS = (";", "\t", ",", "|")
FLEXTAIL_COLUMNS = 44

_POINT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?(nan|inf|infinity)", re.IGNORECASE)
_COMMA = re.compile(r"[+-]?(\d+,?\d*|,\d+)([eE][+-]?\d+)?|[+-]?(nan|inf|infinity)", re.IGNORECASE)
_SNIFF_LINES = 60


@dataclass(frozen=True)
class CsvShape:
    """Everything needed to split the lines of one file.

    names     one per column, unique; ``column_1`` … where the file has no header
    first_row the 1-based line at which data begins
    """

    text: TextShape
    delimiter: str
    decimal: str
    names: tuple[str, ...]
    has_header: bool
    first_row: int
    header_issue: str | None = None

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


def sniff_csv(path: Path, head: bytes, delimiter: str | None = None) -> CsvShape:
    """Find the shape of a delimited text file from its first 256 KiB.

    Raises UnreadableInput for binary or empty content, a line over 64 KiB, more than 2,000 columns.
    """
    text = sniff_text(head)
    lines: list[tuple[int, str]] = []
    for first, block in line_blocks(path, text, max_bytes=len(head)):
        found = enumerate(block.decode("utf-8").split("\n")[:-1], start=first)
        lines += [(row, line.rstrip("\r")) for row, line in found if line.strip("\r ")]
        if len(lines) > 2 * _SNIFF_LINES:
            break
    told = next((line[4:5] for _, line in lines[:1] if line.lower().startswith("sep=")), None)
    lines = [(row, line) for row, line in lines if not line.startswith("#") and not line.lower().startswith("sep=")]
    if not lines:
        raise UnreadableInput("the file holds no rows", code="empty_file")
    delimiter = delimiter or told or _find_delimiter([line for _, line in lines[:_SNIFF_LINES]])
    cells = [(row, split_line(line, delimiter)) for row, line in lines[:_SNIFF_LINES]]
    for row, found_cells in cells:
        if len(found_cells) > MAX_COLUMNS:
            text_ = f"this line has {len(found_cells)} columns; at most {MAX_COLUMNS} are read"
            raise UnreadableInput(text_, row=row, code="too_many_columns")
    decimal = _find_decimal([c for _, row_cells in cells for c in row_cells], delimiter)
    header = cells[0][1]
    has_header = not any(is_number(c, decimal) or is_iso(c) for c in header) and any(c.strip() for c in header)
    data = cells[1:] if has_header else cells
    n_columns = Counter(len(c) for _, c in data).most_common(1)[0][0] if data else len(header)
    issue = None
    if has_header and len(header) != n_columns:
        issue = f"the header has {len(header)} names, the rows have {n_columns} cells"
    names = unique_names(header if has_header else [], n_columns)
    first_row = cells[0][0] + 1 if has_header else cells[0][0]
    return CsvShape(text, delimiter, decimal, names, has_header, first_row, issue)


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


def _find_delimiter(lines: list[str]) -> str:
    """Return the delimiter that gives the steadiest columns, most of them numbers."""
    best, best_score = ",", (0.0, 0.0, 0)
    for candidate in DELIMITERS:
        split = [split_line(line, candidate) for line in lines]
        n_columns, n_lines = Counter(len(c) for c in split).most_common(1)[0]
        if n_columns < 2:
            continue
        cells = [c for row in split[1:] or split for c in row]
        decimals = "," if candidate != "," else "."
        numeric = sum(is_number(c) or is_number(c, decimals) or is_iso(c) or not c.strip() for c in cells)
        share = numeric / max(1, len(cells))
        score = (round(n_lines / len(split), 1) + round(share, 1), share, n_columns)
        if score > best_score:
            best, best_score = candidate, score
    return best


def _find_decimal(cells: list[str], delimiter: str) -> str:
    """Return ``,`` where more cells are numbers with a decimal comma than with a point."""
    if delimiter == ",":
        return "."
    comma = sum("," in c and is_number(c, ",") for c in cells)
    point = sum("." in c and is_number(c, ".") for c in cells)
    return "," if comma > point else "."
