"""JSON that is exactly JSON: what other parsers would read differently, or stumble over later, is refused.

Every check takes time in proportion to the text.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

from mlops.ml.contract import UnreadableInput

MAX_DEPTH = 64
"""Lists and objects inside each other. Real requests need 5; stock Django stores 5,000 and breaks on output."""
MAX_DIGITS = 400

_DIRTY = re.compile("[\x00\ud800-\udfff]")


class BadJson(UnreadableInput):
    """`malformed`, `not_finite`, `bad_text`, `duplicate_key` or `too_deep`; the message is a whole sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message, code=code)


def loads(body: bytes | str) -> Any:
    """Parse UTF-8 JSON without NaN, Infinity, overflow, NUL, lone surrogates, duplicate keys or deep nesting.

    Raises BadJson.
    """
    try:
        text = body.decode("utf-8") if isinstance(body, bytes) else body
        value = json.loads(
            text, parse_float=_finite, parse_constant=_constant, object_pairs_hook=_unique, parse_int=_integer
        )
    except RecursionError:
        raise _too_deep() from None
    except UnicodeDecodeError:
        raise BadJson("malformed", "The body is not UTF-8 text.") from None
    except json.JSONDecodeError as error:
        raise BadJson("malformed", f"This is not JSON: {error.msg} at line {error.lineno}.") from None
    _check(value)
    return value


def is_clean_text(text: str) -> bool:
    """No NUL and no lone surrogate: both break databases and every later reader."""
    return not _DIRTY.search(text)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise BadJson("not_finite", f"The number {text[:20]} is too large.")
    return number


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise BadJson("not_finite", "A number has too many digits.")
    return int(text)


def _constant(text: str) -> float:
    raise BadJson("not_finite", f"{text} is not a number in JSON.")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise BadJson("duplicate_key", f"The field {name[:40]!r} is given twice.")
        found[name] = value
    return found


def _too_deep() -> BadJson:
    return BadJson("too_deep", f"The JSON is nested deeper than {MAX_DEPTH} levels.")


def _check(value: Any) -> None:
    """Walk without recursion: depth and text."""
    level, depth = [value], 0
    while level:
        inner: list[Any] = []
        for item in level:
            if isinstance(item, str):
                if not is_clean_text(item):
                    raise BadJson("bad_text", "Text may not hold NUL or half of a surrogate pair.")
            elif isinstance(item, dict):
                inner.extend(item.keys())
                inner.extend(item.values())
            elif isinstance(item, list):
                inner.extend(item)
        depth += 1
        if depth > MAX_DEPTH + 1 and inner:
            raise _too_deep()
        level = inner
