"""Numbers as people read them: with the marks of their language, "97.3" in English and "97,3" in German.

For sentences, tables and the words of drawings. What programs read (JSON, CSV, SVG coordinates, data attributes) is
written by Python's own `format`, with a point.
"""

import re
from typing import Any

from django.utils.formats import get_format
from django.utils.translation import get_language

_STORED = re.compile(r"[+−-]?\d[\d,]*(\.\d+)?(e[+-]?\d+)?( %)?")


def spelled(value: float, spec: str = "") -> str:
    """`format(value, spec)` in the reader's marks: spelled(1234.5, ",.1f") is "1,234.5", in German "1.234,5".

    The minus stays as `format` writes it. Raises ValueError for a spec that does not fit the value.
    """
    return _marked(format(value, spec))


def spelled_share(share: float, digits: int = 0) -> str:
    """A share from 0 to 1 in per cent: spelled_share(0.973, 1) is "97.3 %", in German "97,3 %"."""
    return f"{spelled(100 * share, f'.{digits}f')} %"


def respelled(stored: Any) -> Any:
    """What was stored for people in English: the number "0.790" or "1.2 %" in the reader's marks; all else as it is."""
    if isinstance(stored, float):
        return spelled(stored)
    return _marked(stored) if isinstance(stored, str) and _STORED.fullmatch(stored) else stored


def _marked(text: str) -> str:
    language = get_language()
    marks = {",": get_format("THOUSAND_SEPARATOR", language), ".": get_format("DECIMAL_SEPARATOR", language)}
    return text.translate(str.maketrans(marks))
