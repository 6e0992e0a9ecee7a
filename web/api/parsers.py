"""Request bodies: JSON that is exactly JSON, and raw bytes that are never held in memory."""

import json
import math
import re
from typing import IO, Any

from django.conf import settings
from rest_framework.parsers import BaseParser

from web.refusals import Problem

MAX_DEPTH = 64
"""Lists and objects inside each other. Real requests need 5; stock Django stores 5,000 and breaks on output."""

_DIRTY = re.compile("[\x00\ud800-\udfff]")


class StrictJSONParser(BaseParser):
    """UTF-8 JSON without NaN, Infinity, overflow, NUL, lone surrogates, duplicate keys or deep nesting.

    Raises Problem: 400 `malformed`, `not_finite`, `bad_text`, `duplicate_key`, `too_deep`; 413 `too_large`.
    """

    media_type = "application/json"

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise Problem(413, "too_large", f"A JSON body may have at most {limit} bytes. Send files as an upload.")
        return loads(body)


class OctetStreamParser(BaseParser):
    """Hands the unread stream to the view, which copies it to disk in small pieces."""

    media_type = "application/octet-stream"

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None) -> IO[bytes]:
        return stream


def loads(body: bytes | str) -> Any:
    """Parse strict JSON; see StrictJSONParser for the refusals. Also used for websocket frames."""
    try:
        text = body.decode("utf-8") if isinstance(body, bytes) else body
        value = json.loads(
            text, parse_float=_finite, parse_constant=_constant, object_pairs_hook=_unique, parse_int=_integer
        )
    except RecursionError:
        raise _too_deep() from None
    except UnicodeDecodeError:
        raise Problem(400, "malformed", "The body is not UTF-8 text.") from None
    except json.JSONDecodeError as error:
        raise Problem(400, "malformed", f"This is not JSON: {error.msg} at line {error.lineno}.") from None
    _check(value)
    return value


def is_clean_text(text: str) -> bool:
    """No NUL and no lone surrogate: both break databases and every later reader."""
    return not _DIRTY.search(text)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise Problem(400, "not_finite", f"The number {text[:20]} is too large.")
    return number


def _integer(text: str) -> int:
    if len(text) > 400:
        raise Problem(400, "not_finite", "A number has too many digits.")
    return int(text)


def _constant(text: str) -> float:
    raise Problem(400, "not_finite", f"{text} is not a number in JSON.")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Problem(400, "duplicate_key", f"The field {twice[:40]!r} is given twice.")
    return found


def _too_deep() -> Problem:
    return Problem(400, "too_deep", f"The JSON is nested deeper than {MAX_DEPTH} levels.")


def _check(value: Any) -> None:
    """Walk without recursion: depth and text."""
    level, depth = [value], 0
    while level:
        inner: list[Any] = []
        for item in level:
            if isinstance(item, str):
                if not is_clean_text(item):
                    raise Problem(400, "bad_text", "Text may not hold NUL or half of a surrogate pair.")
            elif isinstance(item, dict):
                inner.extend(item.keys())
                inner.extend(item.values())
            elif isinstance(item, list):
                inner.extend(item)
        depth += 1
        if depth > MAX_DEPTH + 1 and inner:
            raise _too_deep()
        level = inner
