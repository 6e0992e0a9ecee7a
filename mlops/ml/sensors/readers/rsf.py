"""RSF version 1, the file of the FlexTail recorder: the bytes ``RSF1``, then one gzip stream of JSON.

The JSON is ``{author, activity, comment, annotations, content}``; `content` holds text lines of 44 integers, as one
string with line breaks or as a list of strings. It is unpacked and scanned in pieces, never as a whole, and never
beyond 512 MiB. Time stamps are kept as recorded; they are uneven (31 and 60 ms), so later steps resample by them.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mlops.ml.contract import UnreadableInput
from mlops.ml.sensors.readers.csv_shape import FLEXTAIL_COLUMNS, CsvShape, unique_names
from mlops.ml.sensors.readers.flextail import chunks_from_raw, preview_raw, raw_rows
from mlops.ml.sensors.readers.plan import MAX_LINE_BYTES, PREVIEW_BYTES, Chunk, IssueLog, ReadPlan
from mlops.ml.sensors.readers.shown import Preview, Told
from mlops.ml.sensors.readers.text import TextShape

MAGIC = b"RSF1"
MAX_TEXT_BYTES = 512 * 1024 * 1024

_PIECE = 1 << 20
_CONTENT = re.compile(rb'(?<!\\)"content"\s*:\s*(["\[])')
_SHAPE = CsvShape(TextShape("utf-8", 0, False), ",", ".", unique_names([], FLEXTAIL_COLUMNS), False, 1)


def preview_rsf(path: Path, filename: str = "", told: Told | None = None) -> Preview:
    """Preview an RSF file from at most 256 KiB of it, as the five FlexTail channels."""
    log = IssueLog()
    blocks = _line_blocks(_unpacked(path, max_read=PREVIEW_BYTES // 4, max_text=PREVIEW_BYTES), whole=False)
    return preview_raw("rsf", raw_rows(blocks, _SHAPE, log), log, None)


def read_rsf_chunks(path: Path, plan: ReadPlan, log: IssueLog) -> Iterator[Chunk]:
    """Stream the samples of an RSF file; rows count the lines of `content` from 1.

    Raises UnreadableInput: ``wrong_format``, ``truncated``, ``too_large`` (over 512 MiB unpacked), ``no_samples``.
    """
    blocks = _line_blocks(_unpacked(path, max_read=None, max_text=None), whole=True)
    yield from chunks_from_raw(raw_rows(blocks, _SHAPE, log), plan, log)


def rsf_facts(path: Path) -> dict[str, Any]:
    """Return what stands before the samples: author, activity, comment, annotations; those that are there."""
    seen, found = b"", None
    for piece in _unpacked(path, max_read=None, max_text=None):
        seen += piece
        found = _CONTENT.search(seen)
        if found or len(seen) > PREVIEW_BYTES:
            break
    head = seen[: found.start()] if found else b"{"
    try:
        facts = json.loads(head.rstrip().rstrip(b",") + b"}")
    except ValueError:
        return {}
    return dict(facts) if isinstance(facts, dict) else {}


def _unpacked(path: Path, *, max_read: int | None, max_text: int | None) -> Iterator[bytes]:
    """Yield the JSON text in pieces of at most 1 MiB; with limits the text just ends at them."""
    unpack = zlib.decompressobj(wbits=31)
    n_text = n_read = 0
    with open(path, "rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise UnreadableInput("this is not an RSF version 1 file", code="wrong_format")
        packed = b""
        while not unpack.eof:
            if not packed:
                packed = file.read(_PIECE if max_read is None else min(_PIECE, max_read - n_read))
                n_read += len(packed)
                if not packed and max_read is not None:
                    return
            at_end = not packed
            try:
                text = unpack.decompress(packed, _PIECE)
            except zlib.error as error:
                raise UnreadableInput("the packed part of the file is damaged", code="damaged") from error
            if at_end and not text and not unpack.eof:
                raise UnreadableInput("the file ends too early; it was not copied completely", code="truncated")
            packed = unpack.unconsumed_tail
            n_text += len(text)
            if n_text > MAX_TEXT_BYTES:
                raise UnreadableInput(f"the file unpacks to more than {MAX_TEXT_BYTES >> 20} MiB", code="too_large")
            yield text
            if max_text is not None and n_text >= max_text:
                return


def _line_blocks(pieces: Iterator[bytes], *, whole: bool) -> Iterator[tuple[int, bytes]]:
    """Yield (number of the first line, whole lines) of `content`; `whole` demands that it ends properly."""
    kind, rest = _find_content(pieces)
    lines = _string_lines if kind == b'"' else _list_lines
    row, carry, ended = 1, b"", False
    while not ended:
        text, carry, ended = lines(carry + rest)
        if len(carry) > MAX_LINE_BYTES:
            bad = row + text.count(b"\n")
            raise UnreadableInput(f"a line is longer than {MAX_LINE_BYTES // 1024} KiB", row=bad, code="line_too_long")
        if text:
            yield row, text
            row += text.count(b"\n")
        if ended:
            break
        piece = next(pieces, None)
        if piece is None:
            if whole:
                raise UnreadableInput("the list of samples has no end", row=row, code="truncated")
            return
        rest = piece
    for _ in pieces if whole else ():  # the end of the gzip stream carries its checksum
        pass


def _find_content(pieces: Iterator[bytes]) -> tuple[bytes, bytes]:
    """Return (opening mark, text behind it) of the `content` value."""
    seen = b""
    for piece in pieces:
        seen += piece
        found = _CONTENT.search(seen)
        if found:
            return found.group(1), seen[found.end() :]
        seen = seen[-256:]
    raise UnreadableInput("the file contains no samples (no content)", code="no_samples")


def _string_lines(text: bytes) -> tuple[bytes, bytes, bool]:
    """Split the inside of one JSON string into (whole lines, rest, ended)."""
    end = text.find(b'"')
    if end >= 0:
        lines = _unescape(text[:end])
        return (lines + b"\n" if lines and not lines.endswith(b"\n") else lines), b"", True
    cut = text.rfind(b"\\n")
    if cut < 0:
        return b"", text, False
    return _unescape(text[: cut + 2]), text[cut + 2 :], False


def _unescape(text: bytes) -> bytes:
    return text.replace(b"\\r", b"").replace(b"\\n", b"\n").replace(b"\\t", b" ")


def _list_lines(text: bytes) -> tuple[bytes, bytes, bool]:
    """Split the inside of a JSON list of strings into (whole lines, rest, ended)."""
    parts = text.split(b'"')  # outside, inside, outside, inside, …
    end = next((i for i in range(0, len(parts), 2) if b"]" in parts[i]), None)
    inside = parts[1 : len(parts) - 1 if end is None else end : 2]
    lines = b"".join(_unescape(line).rstrip(b"\n") + b"\n" for line in inside)
    if end is not None:
        return lines, b"", True
    # an odd number of parts means that the text ends outside a string
    carry = parts[-1] if len(parts) % 2 else b'"' + parts[-1]
    return lines, carry, False
