"""Text files in bounded pieces: which encoding, which line ends, whole lines in blocks of about a megabyte."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mlops.ml.contract import UnreadableInput, ignore
from mlops.ml.sensors.readers.plan import MAX_LINE_BYTES, PREVIEW_BYTES

BLOCK_BYTES = 1 << 20
MAX_TAIL_BYTES = 16 << 20
"""Zero bytes at the end of a file that are taken for what a power loss leaves: space that was never written."""

_ZEROS = b"\0" * 16
_ZERO_RUN = re.compile(rb"\x00{16,}")
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


def text_end(path: Path, encoding: str = "utf-8") -> tuple[int, int]:
    """Return (bytes of text, zero bytes behind it); zeros beyond 16 MiB are not looked at and count as text."""
    with open(path, "rb") as file:
        size = end = file.seek(0, 2)
        while end > 0 and size - end < MAX_TAIL_BYTES:
            start = max(0, end - (1 << 16))
            file.seek(start)
            piece = file.read(end - start)
            kept = len(piece.rstrip(b"\0"))
            if kept:
                end = start + kept
                break
            end = start
    if size - end >= MAX_TAIL_BYTES:
        return size, 0
    if encoding.startswith("utf-16") and end < size and end % 2:
        end += 1  # the upper half of the last character
    return end, size - end


def sniff_text(head: bytes) -> TextShape:
    """Find encoding and line ends from the head of a file; zero bytes at its very end are left aside.

    UTF-8 and UTF-16 by their mark, UTF-16 without one by its zero bytes, else UTF-8 if it decodes, else Latin-1.
    Raises UnreadableInput (``not_text``) for binary content, (``empty_file``) for nothing.
    """
    if not head:
        raise UnreadableInput("the file is empty", code="empty_file")
    kept = head.rstrip(b"\0")
    padded = len(head) - len(kept) > 1
    if padded:
        head = head[: len(kept) + len(kept) % 2]  # of two-byte characters the last half may be zero
    if not kept:
        raise UnreadableInput("the file contains zero bytes only", row=1, code="not_text")
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
    if not encoding.startswith("utf-16"):
        head = kept if len(head) - len(kept) == 1 and padded else head
    text = head[bom_length:].decode(encoding, "replace")
    if not encoding.startswith("utf-16"):
        text = without_zero_runs(text.encode("utf-8"))[0].decode("utf-8")
    if "\0" in text or sum(ch < " " and ch not in "\t\r\n\f" for ch in text[:4096]) > 8:
        raise UnreadableInput("this is not a text file", row=1, code="not_text")
    return TextShape(encoding, bom_length, "\r" in text and "\n" not in text)


def _decodes(head: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")("strict").decode(head)  # a character cut at the end is fine
    except UnicodeDecodeError:
        return False
    return True


def without_zero_runs(data: bytes) -> tuple[bytes, int]:
    """Return a text without its runs of zero bytes and their number; what stood around one is torn into two lines.

    Space that a device reserved and lost power over; a few zeros are no such run and stay.
    """
    if _ZEROS not in data:
        return data, 0
    torn = _ZERO_RUN.sub(lambda run: b"" if run.start() == 0 or data[run.start() - 1] == 10 else b"\n", data)
    return torn, data.count(b"\0") - torn.count(b"\0")


def line_blocks(
    path: Path, shape: TextShape, *, max_bytes: int | None = None, on_zeros: Callable[[int], None] = ignore
) -> Iterator[tuple[int, bytes]]:
    """Yield (number of the first line, UTF-8 bytes of whole lines), lines ended by ``\\n``.

    With `max_bytes` only the head is read and a line cut by that limit is left out. Zero bytes at the end of the file
    are not read, runs of them before are left out and told to `on_zeros` (at most 16 MiB). Raises UnreadableInput with
    the row for a line over 64 KiB (``line_too_long``), bytes of another encoding (``wrong_encoding``) and zero bytes
    (``not_text``). Memory: about two blocks.
    """
    decoder = codecs.getincrementaldecoder(shape.encoding)("strict")
    row, rest, n_read, n_zeros = 1, b"", 0, 0
    end, _ = text_end(path, shape.encoding)
    whole = max_bytes is None or end - shape.bom_length < max_bytes
    if whole:
        max_bytes = max(0, end - shape.bom_length)
    with open(path, "rb") as file:
        file.seek(shape.bom_length)
        while True:
            wanted = BLOCK_BYTES if max_bytes is None else min(BLOCK_BYTES, max_bytes - n_read)
            raw = file.read(wanted) if wanted > 0 else b""
            n_read += len(raw)
            last = not raw
            try:
                decoded = decoder.decode(raw)  # a character cut at the very end is left out with the rest of its line
            except UnicodeDecodeError as error:
                good = raw[: error.start].decode(shape.encoding, "replace")
                bad_row = row + rest.count(b"\n") + good.count("\r" if shape.cr_only else "\n")
                text = f"this byte is not {shape.encoding.upper()} text; save the file as UTF-8"
                raise UnreadableInput(text, row=bad_row, code="wrong_encoding") from error
            data = rest + (decoded.replace("\r", "\n") if shape.cr_only else decoded).encode("utf-8")
            if last and data and whole:
                data = data if data.endswith(b"\n") else data + b"\n"
            if n_zeros < MAX_TAIL_BYTES and _ZEROS in data:
                # a run at the end may go on in the next piece
                kept = data if last else data.rstrip(b"\0")
                torn, n = without_zero_runs(kept)
                data = torn + data[len(kept) :]
                n_zeros += n
                if n:
                    on_zeros(n)
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
        raise UnreadableInput("this line contains zero bytes: not a text file", row=row, code="not_text")
