"""Labels of frames: a CSV `frame_index,label`, by the frame's number in the source. Called in a limited child."""

from __future__ import annotations

import csv
from pathlib import Path

from mlops.ml.contract import UnreadableInput

HEADER = ("frame_index", "label")
MAX_ROWS = 1_000_000
MAX_LABEL = 100
_MAX_FRAME = 10**9


def read_labels(path: Path) -> dict[int, str]:
    """Label by frame. Rows without a label are left out.

    Raises UnreadableInput with the line for a wrong header, a frame that is no number, two labels for one frame.
    """
    if not path.is_file():
        raise UnreadableInput(f"{path.name} is not there.", code="missing")
    found: dict[int, str] = {}
    csv.field_size_limit(10_000)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            head = file.readline()
            rows = csv.reader(file, delimiter=";" if ";" in head and "," not in head else ",")
            _check_header(head)
            for row, cells in enumerate(rows, start=2):
                if row > MAX_ROWS:
                    raise UnreadableInput(f"More than {MAX_ROWS:,} lines of labels.", row=row, code="too_large")
                if cells:
                    frame, label = _cells(cells, row)
                    if label and found.setdefault(frame, label) != label:
                        raise UnreadableInput(f"Frame {frame} has two labels.", row=row)
    except UnicodeDecodeError as error:
        raise UnreadableInput("The labels are not in UTF-8. Save the file as CSV UTF-8.") from error
    except csv.Error as error:
        raise UnreadableInput(f"The labels are no CSV file: {error}.") from error
    return found


def _check_header(head: str) -> None:
    names = tuple(one.strip().strip('"').lower() for one in head.replace(";", ",").strip().split(","))
    if names != HEADER:
        raise UnreadableInput("The first line of the labels must be frame_index,label.", row=1)


def _cells(cells: list[str], row: int) -> tuple[int, str]:
    try:
        if len(cells) != len(HEADER):
            raise ValueError
        frame = int(cells[0])
        if not 0 <= frame < _MAX_FRAME:
            raise ValueError
    except ValueError:
        raise UnreadableInput("A line is a frame number from 0 on, a comma and a label.", row=row) from None
    label = cells[1].strip()
    if len(label) > MAX_LABEL:
        raise UnreadableInput(f"A label has at most {MAX_LABEL} characters.", row=row)
    return frame, label
