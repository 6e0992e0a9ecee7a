"""The two forms of a backup, a folder and a tar file (packed with gzip or not): written and read in one pass."""

import hashlib
import io
import os
import shutil
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Protocol

from web.services.backup.manifest import MANIFEST, SEAL, BackupRefused, Manifest, is_plain, manifest_read, shortened

TAR = (".tar", ".tar.gz", ".tgz")
PIECE = 1024 * 1024
CONTROL_BYTES = 512 * 1024 * 1024
"""No manifest is larger."""


class Hashing:
    """A stream that counts and hashes what is read from it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._hash, self.size = stream, hashlib.sha256(), 0

    def read(self, n: int = -1) -> bytes:
        piece = self._stream.read(n)
        self._hash.update(piece)
        self.size += len(piece)
        return piece

    @property
    def facts(self) -> dict[str, Any]:
        return {"size": self.size, "sha256": self._hash.hexdigest()}


class Sink(Protocol):
    """Where a backup is written."""

    def put(self, name: str, stream: Any, size: int) -> None:
        """Store exactly `size` bytes; OSError when the stream has fewer."""

    def close(self) -> None:
        """Everything is on the disk afterwards."""


class FolderSink:
    def __init__(self, path: Path) -> None:
        self._path = path
        path.mkdir(mode=0o700)

    def put(self, name: str, stream: Any, size: int) -> None:
        write_private(self._path / name, stream, size)

    def close(self) -> None:
        os.sync()


class TarSink:
    def __init__(self, path: Path, *, is_packed: bool) -> None:
        self._file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        self._tar: Any = tarfile.open(fileobj=self._file, mode="w:gz" if is_packed else "w")

    def put(self, name: str, stream: Any, size: int) -> None:
        info = tarfile.TarInfo(name)
        info.size, info.mode = size, 0o600
        self._tar.addfile(info, stream)

    def close(self) -> None:
        self._tar.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()


def is_tar(path: Path) -> bool:
    return path.name.endswith(TAR)


def sink_open(path: Path, *, like: Path) -> Sink:
    """Write to `path` in the form that the name of `like` asks for."""
    return TarSink(path, is_packed=not like.name.endswith(".tar")) if is_tar(like) else FolderSink(path)


def write_private(path: Path, stream: Any, size: int) -> None:
    """Write exactly `size` bytes into a new file that only its owner reads."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb") as file:
        left = size
        while left:
            piece = stream.read(min(PIECE, left))
            if not piece:
                raise OSError(f"{path.name} ends early")
            file.write(piece)
            left -= len(piece)


def entries(source: Path) -> Iterator[tuple[str, int, IO[bytes]]]:
    """(name, size, content) of every file of a backup. Raises BackupRefused for what is no plain file."""
    if is_tar(source):
        with tarfile.open(source, "r|*") as tar:
            for member in tar:
                content = tar.extractfile(member) if member.isreg() else None
                if content is None or not is_plain(member.name):
                    raise BackupRefused(f"The backup contains something other than plain files: {member.name!r}.")
                yield member.name, member.size, content
        return
    for path in sorted(source.rglob("*")):
        if path.is_symlink() or not (path.is_dir() or path.is_file()):
            raise BackupRefused(f"The backup contains something other than plain files: {path.name!r}.")
        if path.is_file():
            with path.open("rb") as content:
                yield path.relative_to(source).as_posix(), path.stat().st_size, content


def verify(source: Path, *, into: Path | None = None) -> Manifest:
    """Read a whole backup and compare every size and hash; with `into`, also write its files there.

    Raises BackupRefused for what is damaged, missing or added, OSError when `into` cannot be written.
    """
    if not source.exists():
        raise BackupRefused(f"{source} does not exist.")
    control: dict[str, bytes] = {}
    found: dict[str, dict[str, Any]] = {}
    try:
        for name, size, content in entries(source):
            if name in (MANIFEST, SEAL) and size <= CONTROL_BYTES:
                control[name] = content.read()
                continue
            if name in found:
                raise BackupRefused(f"The backup contains {name!r} twice.")
            found[name] = _read(content, size, into / name if into else None)
    except tarfile.TarError as error:
        raise BackupRefused(f"The backup cannot be read: {error}.") from error
    except (EOFError, zlib.error) as error:
        raise BackupRefused("The backup cannot be read: the archive is damaged.") from error
    manifest = manifest_read(control.get(MANIFEST), control.get(SEAL))
    wrong = sorted(name for name in {*found, *manifest.files} if found.get(name) != manifest.files.get(name))
    if wrong:
        what = shortened([f"{name} ({_what_is_wrong(name, found, manifest)})" for name in wrong])
        raise BackupRefused(f"The backup is damaged, {what}.")
    return manifest


def _read(content: IO[bytes], size: int, target: Path | None) -> dict[str, Any]:
    hashing = Hashing(content)
    if target is not None:
        write_private(target, hashing, size)
    while hashing.read(PIECE):
        pass
    return hashing.facts


def _what_is_wrong(name: str, found: dict[str, Any], manifest: Manifest) -> str:
    if name not in found:
        return "missing"
    return "altered" if name in manifest.files else "not in its list"


def in_memory(data: bytes) -> io.BytesIO:
    return io.BytesIO(data)


def remove(path: Path) -> None:
    """Remove a file or a folder, whichever it is."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
