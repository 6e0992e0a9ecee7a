"""ZIP files from people: listed and unpacked within limits, never trusted, nothing written when refused.

Called in a limited child (`mlops.ml.limited`): what a table of contents costs is only known when it is read. The format
is PKWARE's APPNOTE 6.3.10; names of sections below are from there.
"""

from __future__ import annotations

import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from mlops.ml.contract import UnreadableInput

MAX_ENTRIES = 10_000
MAX_TOTAL_BYTES = 4 * 1024**3
MAX_RATIO = 200
RATIO_FREE_BYTES = 64 * 1024**2
"""A small archive may shrink as well as it likes (constant signals do)."""
MAX_DIRECTORY_BYTES = 16 * 1024**2
"""Of the table of contents, which Python reads into memory before one can count its entries."""
_PIECE = 1 << 20
_END, _END_BYTES = b"PK\x05\x06", 22
_END64, _END64_BYTES, _LOCATOR, _LOCATOR_BYTES = b"PK\x06\x06", 56, b"PK\x06\x07", 20
_ENTRY, _ENTRY_BYTES = b"PK\x01\x02", 46
_UNICODE_PATH = 0x7075
_MANY = f"The ZIP file contains too many entries; at most {MAX_ENTRIES:,}."
_DAMAGED = "The ZIP file is damaged or was not copied completely."
_LEADS_OUT = "The ZIP file contains a path that leads out of it."

try:  # Python may be built without it; then no archive can use it
    from lzma import LZMAError
except ImportError:  # pragma: no cover
    LZMAError = zlib.error  # type: ignore[misc,assignment]

BROKEN = (
    zipfile.BadZipFile, zlib.error, LZMAError, struct.error, EOFError, OSError, ValueError, IndexError,
    NotImplementedError, RuntimeError,
)  # fmt: skip
"""All that Python raises for an archive or a member that is damaged, encrypted or packed in a way it does not know."""


class BadArchive(UnreadableInput):
    """The archive is refused: `zip_damaged`, `zip_too_many`, `zip_bomb`, `zip_unsafe` or `zip_encrypted`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message, code=code)


@dataclass(frozen=True)
class Member:
    """A file inside an archive: its path there and its unpacked size in bytes."""

    name: str
    size: int


def is_archive(path: Path) -> bool:
    """True for a ZIP file, told by its first bytes."""
    with path.open("rb") as file:
        return file.read(4) in (b"PK\x03\x04", _END)


def members_of(path: Path, max_total_bytes: int = MAX_TOTAL_BYTES) -> list[Member]:
    """The files of an archive in the order of their paths, without folders and hidden files.

    Raises BadArchive for damaged, encrypted or oversized archives, over 10,000 entries, links, and paths that
    lead out of the archive.
    """
    with _opened(path) as archive:
        infos = archive.infolist()
        total = sum(info.file_size for info in infos)
        packed = max(1, min(path.stat().st_size, sum(info.compress_size for info in infos)))
        if total > max_total_bytes or (total > RATIO_FREE_BYTES and total / packed > MAX_RATIO):
            raise BadArchive("zip_bomb", f"The ZIP file would unpack to {total / 1e6:,.0f} MB; that is refused.")
        for info in infos:
            _check(info)
        if len({info.filename.casefold() for info in infos}) != len(infos):
            raise BadArchive("zip_unsafe", "The ZIP file names the same file twice.")
        members = [Member(i.filename, i.file_size) for i in infos if not i.is_dir() and not _hidden(i.filename)]
        return sorted(members, key=lambda member: member.name)


def extract_member(path: Path, name: str, target: Path, limit: int | None = None) -> bool:
    """Write a member (or its first `limit` bytes) to the new file `target`; False when it was cut there.

    Raises BadArchive when it is damaged or longer than its own table says; then nothing is left.
    """
    with _opened(path) as archive:
        return _extract(archive, name, target, limit)


def extract_files(path: Path, names: Mapping[str, str], folder: Path) -> None:
    """Write members to files below the existing `folder`: member → path there, which the caller has checked."""
    with _opened(path) as archive:
        for name, inside in names.items():
            target = folder / inside
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                _extract(archive, name, target, None)
            except OSError as error:
                raise BadArchive("zip_unsafe", "The ZIP file uses one name for a file and a folder.") from error


def _extract(archive: zipfile.ZipFile, name: str, target: Path, limit: int | None) -> bool:
    try:
        info = archive.getinfo(name)
    except KeyError:
        raise BadArchive("zip_damaged", "The ZIP file changed while it was read.") from None
    _check(info)
    left = info.file_size if limit is None else min(limit, info.file_size)
    try:
        with archive.open(info) as source, target.open("xb") as sink:
            for piece in _pieces(source, left):
                sink.write(piece)
    except BROKEN as error:
        if not isinstance(error, FileExistsError):
            target.unlink(missing_ok=True)
        raise BadArchive("zip_damaged", "A file in the ZIP file is damaged.") from error
    return left == info.file_size


def _pieces(source: IO[bytes], left: int) -> Iterator[bytes]:
    while left > 0:
        piece = source.read(min(_PIECE, left))
        if not piece:
            raise EOFError
        left -= len(piece)
        yield piece


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        _count_entries(path)
        return zipfile.ZipFile(path)
    except BROKEN as error:
        raise BadArchive("zip_damaged", _DAMAGED) from error


def _count_entries(path: Path) -> int:
    """Walk the table of contents without making anything of it; how many entries it has.

    Python believes whichever end record it finds first, and makes an object of every entry up to the size that this
    record tells. So the size is bounded, the entries are counted, and records that contradict each other or the table
    make the archive unreadable (BadZipFile). Raises BadArchive `zip_too_many`.
    """
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        begin = max(0, size - (1 << 16) - _END_BYTES - _LOCATOR_BYTES - _END64_BYTES)
        file.seek(begin)
        tail = file.read()
        at = len(tail) - _END_BYTES
        if tail[at : at + 4] != _END or tail[-2:] != b"\0\0":
            at = tail.rfind(_END)
        if at < 0:
            raise zipfile.BadZipFile("no end record")
        told, length = struct.unpack_from("<HL", tail, at + 10)
        table_end = at
        if tail[max(0, at - _LOCATOR_BYTES) : at][:4] == _LOCATOR and at >= _LOCATOR_BYTES + _END64_BYTES:
            table_end = at - _LOCATOR_BYTES - _END64_BYTES
            if tail[table_end : table_end + 4] != _END64:
                raise zipfile.BadZipFile("no end record where its locator is")
            told64, length64 = struct.unpack_from("<QQ", tail, table_end + 32)
            if told not in (0xFFFF, told64) or length not in (0xFFFFFFFF, length64):
                raise zipfile.BadZipFile("two end records that contradict each other")
            told, length = told64, length64
        if length > MAX_DIRECTORY_BYTES or told > MAX_ENTRIES:
            raise BadArchive("zip_too_many", _MANY)
        start = begin + table_end - length
        if start < 0:
            raise zipfile.BadZipFile("a table larger than the file")
        file.seek(start)
        table = file.read(length)
    return _walk(table, told)


def _walk(table: bytes, told: int) -> int:
    at = n = 0
    while at < len(table):
        if table[at : at + 4] != _ENTRY:
            raise zipfile.BadZipFile("the table of contents breaks off")
        at += _ENTRY_BYTES + sum(struct.unpack_from("<HHH", table, at + 28))
        n += 1
        if n > MAX_ENTRIES:
            raise BadArchive("zip_too_many", _MANY)
    if at != len(table) or n != told:
        raise zipfile.BadZipFile("the table of contents is not as long as the end record says")
    return n


def _check(info: zipfile.ZipInfo) -> None:
    for name in {info.orig_filename, info.filename, *_unicode_names(info.extra)}:
        parts = name.replace("\\", "/").split("/")
        leads_out = name.startswith("/") or "\\" in name or ".." in parts or ":" in parts[0]
        if leads_out or "\x00" in name or len(name) > 300:
            raise BadArchive("zip_unsafe", _LEADS_OUT)
    mode = info.external_attr >> 16
    if stat.S_ISLNK(mode) or (mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR)):
        raise BadArchive("zip_unsafe", "The ZIP file contains a link or a device; only plain files are read.")
    if info.flag_bits & 0x1:
        raise BadArchive("zip_encrypted", "The ZIP file is encrypted. Unpack it and pack it again without a password.")


def _unicode_names(extra: bytes) -> Iterator[str]:
    """Other names of an entry (section 4.6.9): Python takes them for the entry's own from 3.12 on, some never do."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == _UNICODE_PATH:
            yield extra[at + 9 : at + 4 + length].decode("utf-8", "replace")
        at += 4 + length


def _hidden(name: str) -> bool:
    parts = name.split("/")
    return parts[0] == "__MACOSX" or parts[-1].startswith(".") or parts[-1] in ("Thumbs.db", "desktop.ini")
