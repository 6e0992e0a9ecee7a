"""Text files in bounded pieces: which encoding, which line ends, whole lines in blocks of about a megabyte."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mlops.ml.contract import UnreadableInput
from mlops.ml.sensors.readers.plan import MAX_LINE_BYTES, PREVIEW_BYTES

BLOCK_BYTES = 1 << 20

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True)
class TextShape:
    """How the bytes of a text file become lines: encoding, length of its byte order mark, old Mac line ends."""

    encoding: str
    bom_length: int
    cr_only: bool


def read_head(path: Path) -> bytes:
    """Return the first 256 KiB of a file."""
    with open(path, "rb") as file:
        return file.read(PREVIEW_BYTES)


def sniff_text(head: bytes) -> TextShape:
    """Find encoding and line ends from the head of a file.

    UTF-8 and UTF-16 by their mark, UTF-16 without one by its zero bytes, else UTF-8 if it decodes, else Latin-1.
    Raises UnreadableInput (``not_text``) for binary content, (``empty_file``) for nothing.
    """
    if not head:
        raise UnreadableInput("the file is empty", code="empty_file")
    encoding, bom_length = "", 0
    for mark, name in _BOMS:
        if head.startswith(mark):
            encoding, bom_length = name, len(mark)
            break
    else:
        sample = np.frombuffer(head[: len(head) // 2 * 2], np.uint8)
        even, odd = (sample[0::2] == 0).mean() if len(sample) else 0, (sample[1::2] == 0).mean() if len(sample) else 0
        if odd > 0.4 > even:
            encoding = "utf-16-le"
        elif even > 0.4 > odd:
            encoding = "utf-16-be"
        else:
            encoding = "utf-8" if _decodes(head) else "latin-1"
    text = head[bom_length:].decode(encoding, "replace")
    if "\0" in text or sum(ch < " " and ch not in "\t\r\n\f" for ch in text[:4096]) > 8:
        raise UnreadableInput("this is not a text file", row=1, code="not_text")
    return TextShape(encoding, bom_length, "\r" in text and "\n" not in text)


def _decodes(head: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")("strict").decode(head)  # a character cut at the end is fine
    except UnicodeDecodeError:
        return False
    return True


def line_blocks(path: Path, shape: TextShape, *, max_bytes: int | None = None) -> Iterator[tuple[int, bytes]]:
    """Yield (number of the first line, UTF-8 bytes of whole lines), lines ended by ``\\n``.

    With `max_bytes` only the head is read and a line cut by that limit is left out. Raises UnreadableInput with
    the row for a line over 64 KiB (``line_too_long``), bytes of another encoding (``wrong_encoding``) and zero
    bytes (``not_text``). Memory: about two blocks.
    """
    decoder = codecs.getincrementaldecoder(shape.encoding)("strict")
    row, rest, n_read = 1, b"", 0
    with open(path, "rb") as file:
        file.seek(shape.bom_length)
        while True:
            wanted = BLOCK_BYTES if max_bytes is None else min(BLOCK_BYTES, max_bytes - n_read)
            raw = file.read(wanted) if wanted > 0 else b""
            n_read += len(raw)
            last = not raw
            try:
                decoded = decoder.decode(raw, final=last and max_bytes is None)
            except UnicodeDecodeError as error:
                good = raw[: error.start].decode(shape.encoding, "replace")
                bad_row = row + rest.count(b"\n") + good.count("\r" if shape.cr_only else "\n")
                text = f"this byte is not {shape.encoding.upper()} text; save the file as UTF-8"
                raise UnreadableInput(text, row=bad_row, code="wrong_encoding") from error
            data = rest + (decoded.replace("\r", "\n") if shape.cr_only else decoded).encode("utf-8")
            if last and data and (max_bytes is None or n_read < max_bytes):
                data = data if data.endswith(b"\n") else data + b"\n"
            cut = data.rfind(b"\n") + 1
            block, rest = data[:cut], data[cut:]
            _check_block(block, rest, row)
            if block:
                yield row, block
                row += block.count(b"\n")
            if last:
                return


def _check_block(block: bytes, rest: bytes, first_row: int) -> None:
    """Raise where a line is too long or holds zero bytes."""
    ends = np.flatnonzero(np.frombuffer(block, np.uint8) == 10)
    lengths = np.diff(ends, prepend=-1)
    too_long = np.flatnonzero(lengths > MAX_LINE_BYTES)
    if len(too_long) or len(rest) > MAX_LINE_BYTES:
        row = first_row + int(too_long[0] if len(too_long) else len(ends))
        raise UnreadableInput(f"a line is longer than {MAX_LINE_BYTES // 1024} KiB", row=row, code="line_too_long")
    zero = block.find(b"\0")
    if zero >= 0:
        row = first_row + block.count(b"\n", 0, zero)
        raise UnreadableInput("this line holds zero bytes: not a text file", row=row, code="not_text")
