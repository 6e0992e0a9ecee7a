"""Cells of exported tables."""

import re
from typing import Any

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


def neutralise(cell: Any) -> Any:
    """Prefix a text that a spreadsheet would run as a formula with an apostrophe; numbers stay as they are.

    >>> neutralise("=HYPERLINK(1)"), neutralise("-5.2"), neutralise(-5.2)
    ("'=HYPERLINK(1)", '-5.2', -5.2)
    """
    if not isinstance(cell, str) or not cell.startswith(_FORMULA) or _NUMBER.fullmatch(cell):
        return cell
    return "'" + cell
