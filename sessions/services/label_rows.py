"""The rows of a label file, JSON or CSV: read in a limited child, without Django."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mlops.ml.contract import UnreadableInput
from mlops.ml.limited import Limits
from mlops.ml.strict_json import BadJson, loads

COLUMNS = ("start_s", "end_s", "label", "state")
MAX_ROWS = 50_000
READING = Limits(memory_mib=512, cpu_s=20, wall_s=40, file_mib=1)


def label_rows(
    path: Path, most: int = MAX_ROWS, columns: Sequence[str] = COLUMNS
) -> list[tuple[int, dict[str, Any]]]:
    """(number, {start_s, end_s, label, state}) of every row, the first `most` of them and one more.

    columns  what is read of a row, where it has that

    Raises UnreadableInput `bad_label_file` with the row.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _bad(1, "the file is not UTF-8 text") from None
    if text.lstrip()[:1] in ("{", "["):
        return _json_rows(text, columns)[: most + 1]
    sample = text[:4096]
    delimiter = max(",;\t", key=sample.count)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    found: list[tuple[int, dict[str, Any]]] = []
    try:
        names = [name.strip().lower() for name in next(reader, [])]
        if not {"start_s", "end_s", "label"} <= set(names):
            raise _bad(1, "the first line must name the columns start_s, end_s and label")
        places = {name: names.index(name) for name in columns if name in names}
        for n, cells in enumerate(reader, 2):
            if any(map(str.strip, cells)):
                found.append((n, {name: cells[at] if at < len(cells) else None for name, at in places.items()}))
                if len(found) > most:
                    break
    except csv.Error as error:
        raise _bad(reader.line_num, str(error)) from None
    return found


def _json_rows(text: str, columns: Sequence[str]) -> list[tuple[int, dict[str, Any]]]:
    try:
        document = loads(text)
    except BadJson as error:
        raise UnreadableInput(str(error), code=error.code) from None
    rows = document.get("labels") if isinstance(document, dict) else document
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _bad(1, "labels must be a list of {start_s, end_s, label}")
    return [(n, {name: row.get(name) for name in columns}) for n, row in enumerate(rows, 1)]


def _bad(row: int, why: str) -> UnreadableInput:
    return UnreadableInput(why, row=row, code="bad_label_file")
