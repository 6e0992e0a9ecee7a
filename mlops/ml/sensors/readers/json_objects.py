"""JSON objects out of a text in bounded pieces: one per line, or the members of one long list."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mlops.ml.contract import UnreadableInput
from mlops.ml.sensors.readers.plan import MAX_LINE_BYTES
from mlops.ml.sensors.readers.text import BLOCK_BYTES, TextShape, line_blocks, text_end

_MAX_UNFOLDED = 4096


def read_objects(path: Path, shape: TextShape, *, max_bytes: int | None = None) -> Iterator[tuple[int, str]]:
    """Yield (line, text) of each object; of a list (line or number of the member, text).

    With `max_bytes` only the head is read. Raises UnreadableInput as `line_blocks` does.
    """
    if _is_list(path, shape):
        yield from _members(path, shape, max_bytes)
        return
    for first, block in line_blocks(path, shape, max_bytes=max_bytes):
        for row, line in enumerate(block.decode("utf-8").split("\n")[:-1], start=first):
            if line.strip():
                yield row, line


def _is_list(path: Path, shape: TextShape) -> bool:
    with open(path, "rb") as file:
        file.seek(shape.bom_length)
        return file.read(256).decode(shape.encoding, "replace").lstrip().startswith("[")


def _members(path: Path, shape: TextShape, max_bytes: int | None) -> Iterator[tuple[int, str]]:
    """The objects of a list by counting braces outside strings; a member over 64 KiB is refused."""
    import codecs

    decoder = codecs.getincrementaldecoder(shape.encoding)("replace")
    end, _ = text_end(path, shape.encoding)
    left = (end if max_bytes is None else min(end, max_bytes)) - shape.bom_length
    depth, quoted, escaped, number = 0, False, False, 0
    member: list[str] = []
    size = 0
    with open(path, "rb") as file:
        file.seek(shape.bom_length)
        while left > 0:
            raw = file.read(min(BLOCK_BYTES, left))
            if not raw:
                break
            left -= len(raw)
            text = decoder.decode(raw)
            begin = 0
            for at, ch in enumerate(text):
                if quoted:
                    escaped, quoted = (ch == "\\" and not escaped), not (ch == '"' and not escaped)
                elif ch == '"':
                    quoted = True
                elif ch == "{":
                    if depth == 0:
                        begin, member, size = at, [], 0
                    depth += 1
                elif ch == "}" and depth:
                    depth -= 1
                    if depth == 0:
                        number += 1
                        yield number, "".join([*member, text[begin : at + 1]])
                        member = []
            if depth:
                member.append(text[begin:])
                size += len(text) - begin
                if size > MAX_LINE_BYTES * 16:
                    raise UnreadableInput("a member of the list is too long", row=number + 1, code="line_too_long")
    if depth and max_bytes is None:
        yield number + 1, "".join(member)  # torn: told as not JSON


def parse_object(text: str) -> dict[str, Any]:
    """Return the object of one text; raises ValueError with words for a person."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("this line is not JSON") from None
    if not isinstance(found, dict):
        raise ValueError("this line is not a JSON object")
    return found


def unfolded(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Return one object per sample where a list of objects holds several under one stamp (Movesense's ArrayAcc)."""
    path = _list_of_objects(found, ())
    if path is None:
        return [found]
    *way, key = path
    inner: Any = found
    for step in way:
        inner = inner[step]
    return [_with(found, way, key, member) for member in inner[key][:_MAX_UNFOLDED]]


def _list_of_objects(found: Any, way: tuple[str, ...]) -> tuple[str, ...] | None:
    if not isinstance(found, dict) or len(way) > 2:
        return None
    for key, value in found.items():
        if isinstance(value, list) and len(value) and all(isinstance(one, dict) for one in value):
            return (*way, key)
        deeper = _list_of_objects(value, (*way, key))
        if deeper:
            return deeper
    return None


def _with(found: dict[str, Any], way: list[str], key: str, member: Any) -> dict[str, Any]:
    """A copy in which the list stands for one of its members."""
    if not way:
        return {**found, key: member}
    return {**found, way[0]: _with(found[way[0]], way[1:], key, member)}
