"""Making a backup while the site runs: first the database, then the files that it names, which are written once."""

import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from web.registries.stored_files import named_files, passing_folders
from web.services.backup import databases
from web.services.backup.manifest import FILES, MANIFEST, SEAL, SECRETS, BackupRefused, Manifest, seal_of
from web.services.backup.packing import Hashing, Sink, in_memory, remove, sink_open

SAFE_KEYS = ("SECRET_KEY", "MODELS_TOKEN")
"""Settings without which a restored site would treat people's signatures and its own parts as strangers."""


@dataclass(frozen=True)
class Made:
    """What a backup holds; `vanished` were deleted by the running site meanwhile."""

    manifest: Manifest
    vanished: list[str]


def backup_make(target: Path) -> Made:
    """Write a backup to `target`, a new folder or a file named .tar, .tar.gz or .tgz; whole or not at all.

    Raises BackupRefused with a sentence, OSError when the disk is full.
    """
    target = target.absolute()
    media = Path(settings.MEDIA_ROOT)
    if target.exists():
        raise BackupRefused(f"{target} already exists. Backups are never overwritten.")
    if not target.parent.is_dir():
        raise BackupRefused(f"The folder {target.parent} does not exist.")
    if target.resolve().is_relative_to(media.resolve()):
        raise BackupRefused("A backup inside the site's own files would be part of the next one. Choose another place.")
    work = target.with_name(f".{target.name}.partial")
    work.mkdir(mode=0o700, exist_ok=True)
    lock = os.open(work, os.O_RDONLY)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupRefused(f"Another backup is being written to {target}.") from None
        for left in work.iterdir():
            remove(left)
        try:
            made = _write(work, target, media)
            os.rename(work / "made", target)
            os.sync()
        finally:
            remove(work)
    finally:
        os.close(lock)
    return made


def _write(work: Path, target: Path, media: Path) -> Made:
    sink = sink_open(work / "made", like=target)
    files: dict[str, dict[str, Any]] = {}
    copy = work / databases.file_name()
    with databases.copied(copy) as alias:
        migrations, named = databases.applied(alias), named_files(alias)
    _put(sink, files, copy.name, copy)
    copy.unlink()
    for name, path in _stored(media):
        _put(sink, files, FILES + name, path)
    _put_bytes(sink, files, SECRETS, json.dumps(_secrets(), indent=1).encode())
    missing = {name for name in named if FILES + name not in files}
    lost = missing & named_files() if missing else missing
    manifest = Manifest(
        made_at=timezone.now().isoformat(timespec="seconds"),
        version=settings.VERSION,
        engine=databases.engine(),
        database=copy.name,
        migrations=migrations,
        files=files,
        lost=sorted(lost),
    )
    raw = manifest.to_bytes()
    _put_bytes(sink, {}, MANIFEST, raw)
    _put_bytes(sink, {}, SEAL, seal_of(raw))
    sink.close()
    return Made(manifest, sorted(missing - lost))


def _stored(media: Path) -> Iterator[tuple[str, Path]]:
    """(relative path, path) of the site's files; hidden ones are half-written."""
    for folder, folders, names in os.walk(media):
        is_top = Path(folder) == media
        folders[:] = sorted(n for n in folders if not n.startswith(".") and not (is_top and n in passing_folders()))
        for name in sorted(names):
            if not name.startswith("."):
                path = Path(folder, name)
                yield path.relative_to(media).as_posix(), path


def _put(sink: Sink, files: dict[str, dict[str, Any]], name: str, path: Path) -> None:
    """Copy one file as long as it is now; one that has vanished is left out."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    with os.fdopen(handle, "rb") as stream:
        hashing = Hashing(stream)
        sink.put(name, hashing, os.fstat(handle).st_size)
        files[name] = hashing.facts


def _put_bytes(sink: Sink, files: dict[str, dict[str, Any]], name: str, data: bytes) -> None:
    hashing = Hashing(in_memory(data))
    sink.put(name, hashing, len(data))
    files[name] = hashing.facts


def _secrets() -> dict[str, str]:
    return {key: getattr(settings, key) for key in SAFE_KEYS}
