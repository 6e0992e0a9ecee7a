"""ZIP files from people: listed and unpacked within limits, never trusted, nothing written when refused."""

import os
import shutil
import stat
import struct
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from web.refusals import Problem

MAX_ENTRIES = 10_000
MAX_TOTAL_BYTES = 4 * 1024**3
MAX_RATIO = 200
RATIO_FREE_BYTES = 64 * 1024**2
"""A small archive may shrink as well as it likes (constant signals do)."""
MAX_DIRECTORY_BYTES = 16 * 1024**2
"""Of the table of contents, which Python reads into memory before one can count its entries."""
_PIECE = 1 << 20
_END = b"PK\x05\x06"


class BadArchive(Problem):
    """The ZIP file is refused (400): `zip_damaged`, `zip_too_many`, `zip_bomb`, `zip_unsafe` or `zip_encrypted`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(400, code, message)


@dataclass(frozen=True)
class Member:
    """A file inside an archive: its path there and its unpacked size in bytes."""

    name: str
    size: int


def is_archive(path: Path) -> bool:
    """True for a ZIP file, told by its first bytes."""
    with path.open("rb") as file:
        return file.read(4) in (b"PK\x03\x04", _END)


def archive_members(path: Path, *, max_total_bytes: int = MAX_TOTAL_BYTES) -> list[Member]:
    """The files of an archive in the order of their paths, without folders and hidden files.

    Raises BadArchive for damaged, encrypted or oversized archives, over 10,000 entries, links, and paths that
    lead out of the archive.
    """
    with _opened(path) as archive:
        infos = archive.infolist()
        if len(infos) > MAX_ENTRIES:
            raise BadArchive("zip_too_many", f"The ZIP file holds {len(infos):,} entries; at most {MAX_ENTRIES:,}.")
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


def archive_extract_member(path: Path, name: str, target: Path, *, limit: int | None = None) -> bool:
    """Write a member (or its first `limit` bytes) to the new file `target`; False when it was cut there.

    Raises BadArchive when it is damaged or longer than its own table says; then nothing is left.
    """
    with _opened(path) as archive:
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
        except (zipfile.BadZipFile, EOFError, OSError, ValueError, NotImplementedError, RuntimeError) as error:
            if not isinstance(error, FileExistsError):
                target.unlink(missing_ok=True)
            raise BadArchive("zip_damaged", "A file in the ZIP file is damaged.") from error
        return left == info.file_size


def archive_extract(path: Path, folder: Path, *, max_total_bytes: int = MAX_TOTAL_BYTES) -> list[Path]:
    """Unpack every member below the new `folder`, all or nothing; returns the files' paths in order."""
    members = archive_members(path, max_total_bytes=max_total_bytes)
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=".unpacking-", dir=folder.parent))
    try:
        for member in members:
            target = beside / member.name
            target.parent.mkdir(parents=True, exist_ok=True)
            archive_extract_member(path, member.name, target)
        beside.rename(folder)
    except OSError as error:
        raise BadArchive("zip_unsafe", "The ZIP file uses one name for a file and a folder.") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return [folder / member.name for member in members]


def _pieces(source: IO[bytes], left: int) -> Iterator[bytes]:
    while left > 0:
        piece = source.read(min(_PIECE, left))
        if not piece:
            raise EOFError
        left -= len(piece)
        yield piece


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        if _directory_bytes(path) > MAX_DIRECTORY_BYTES:
            raise BadArchive("zip_too_many", f"The ZIP file holds too many entries; at most {MAX_ENTRIES:,}.")
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, struct.error, NotImplementedError) as error:
        raise BadArchive("zip_damaged", "The ZIP file is damaged or was not copied completely.") from error


def _directory_bytes(path: Path) -> int:
    """Size of the table of contents as the end record tells it: a lie makes the archive unreadable."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 65_557))
        tail = file.read()
    at = tail.rfind(_END)
    if at < 0:
        raise zipfile.BadZipFile
    told = struct.unpack_from("<L", tail, at + 12)[0]
    if told != 0xFFFFFFFF:
        return told
    locator = tail.rfind(b"PK\x06\x07", 0, at)
    if locator < 0:
        raise zipfile.BadZipFile
    with path.open("rb") as file:
        file.seek(struct.unpack_from("<Q", tail, locator + 8)[0])
        record = file.read(56)
    return struct.unpack_from("<Q", record, 40)[0]


def _check(info: zipfile.ZipInfo) -> None:
    name = info.orig_filename
    parts = name.replace("\\", "/").split("/")
    if name.startswith("/") or "\\" in name or ".." in parts or ":" in parts[0] or "\x00" in name or len(name) > 300:
        raise BadArchive("zip_unsafe", "The ZIP file holds a path that leads out of it.")
    mode = info.external_attr >> 16
    if stat.S_ISLNK(mode) or (mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR)):
        raise BadArchive("zip_unsafe", "The ZIP file holds a link or a device; only plain files are read.")
    if info.flag_bits & 0x1:
        raise BadArchive("zip_encrypted", "The ZIP file is encrypted. Unpack it and pack it again without a password.")


def _hidden(name: str) -> bool:
    parts = name.split("/")
    return parts[0] == "__MACOSX" or parts[-1].startswith(".") or parts[-1] in ("Thumbs.db", "desktop.ini")
