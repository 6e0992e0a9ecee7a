"""ZIP files of sensor files: listed and unpacked within limits, never trusted."""

import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from web.refusals import Problem

MAX_ENTRIES = 10_000
MAX_TOTAL_BYTES = 4 * 1024**3
MAX_RATIO = 200
RATIO_FREE_BYTES = 64 * 1024**2
"""A small archive may shrink as well as it likes (constant signals do)."""
_PIECE = 1 << 20


class BadArchive(Problem):
    """The ZIP file is refused; `code` for machines, the text for a person."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(400, code, message)


@dataclass(frozen=True)
class Member:
    """A file inside an archive: its path there and its unpacked size."""

    name: str
    size: int


def is_archive(path: Path) -> bool:
    """True for a ZIP file, told by its first bytes."""
    with open(path, "rb") as file:
        return file.read(4) in (b"PK\x03\x04", b"PK\x05\x06")


def list_archive(path: Path) -> list[Member]:
    """The files of an archive in the order of their paths, without folders and hidden files.

    Raises BadArchive for damaged, encrypted or oversized archives, too many entries, links and paths that
    lead out of the archive. Nothing is written.
    """
    with _opened(path) as archive:
        infos = archive.infolist()
        if len(infos) > MAX_ENTRIES:
            raise BadArchive(
                "zip_too_many", f"The ZIP file holds {len(infos):,} entries; at most {MAX_ENTRIES:,} are read."
            )
        total = sum(info.file_size for info in infos)
        packed = max(1, sum(info.compress_size for info in infos))
        if total > MAX_TOTAL_BYTES or (total > RATIO_FREE_BYTES and total / packed > MAX_RATIO):
            raise BadArchive("zip_bomb", f"The ZIP file would unpack to {total / 1e6:,.0f} MB; that is refused.")
        for info in infos:
            _check(info)
        names = [info.filename for info in infos]
        if len(set(names)) != len(names):
            raise BadArchive("zip_unsafe", "The ZIP file names the same file twice.")
        return sorted(
            (Member(i.filename, i.file_size) for i in infos if not i.is_dir() and not _hidden(i.filename)),
            key=lambda member: member.name,
        )


def extract_member(path: Path, name: str, target: Path, *, limit: int | None = None) -> bool:
    """Write a member (or its first `limit` bytes) to `target`; returns False when it was cut there.

    Raises BadArchive when it is damaged or longer than its own table says.
    """
    with _opened(path) as archive:
        try:
            info = archive.getinfo(name)
        except KeyError as error:
            raise BadArchive("zip_changed", f"{name[-80:]} is no longer in the ZIP file.") from error
        _check(info)
        left = info.file_size if limit is None else min(limit, info.file_size)
        with archive.open(info) as source, open(target, "xb") as sink:
            try:
                for piece in _pieces(source, left):
                    sink.write(piece)
            except (zipfile.BadZipFile, EOFError, OSError, ValueError) as error:
                raise BadArchive("zip_damaged", f"{name[-80:]} in the ZIP file is damaged.") from error
        return left == info.file_size


def _pieces(source, left: int) -> Iterator[bytes]:
    while left > 0:
        piece = source.read(min(_PIECE, left))
        if not piece:
            raise EOFError
        left -= len(piece)
        yield piece


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise BadArchive("zip_damaged", "The ZIP file is damaged or was not copied completely.") from error


def _check(info: zipfile.ZipInfo) -> None:
    name = info.filename
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
