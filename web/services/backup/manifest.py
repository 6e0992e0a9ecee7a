"""What a backup says about itself: `manifest.json` with a hash of every file, `manifest.sha256` over the manifest."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import PurePosixPath
from typing import Any

MANIFEST = "manifest.json"
SEAL = "manifest.sha256"
SECRETS = "secrets.json"
FILES = "files/"
"""Everything of MEDIA_ROOT lies below it."""
FORMAT = 1


class BackupRefused(Exception):
    """A backup cannot be made, is damaged, or may not be restored here; the text is for a person."""


@dataclass(frozen=True)
class Manifest:
    """version: of FitBalance; engine: "sqlite" or "postgresql"; migrations: applied ones, "app.name"; files: path →
    {"size", "sha256"}; lost: files that the database names and the site did not have."""

    made_at: str
    version: str
    engine: str
    database: str
    migrations: list[str]
    files: dict[str, dict[str, Any]]
    lost: list[str] = field(default_factory=list)
    format: int = FORMAT

    @property
    def n_bytes(self) -> int:
        return sum(int(facts["size"]) for facts in self.files.values())

    def to_bytes(self) -> bytes:
        return (json.dumps(asdict(self), indent=1, sort_keys=True) + "\n").encode()


def seal_of(manifest: bytes) -> bytes:
    """As `sha256sum -c` reads it."""
    return f"{hashlib.sha256(manifest).hexdigest()}  {MANIFEST}\n".encode()


def manifest_read(raw: bytes | None, seal: bytes | None) -> Manifest:
    """Raises BackupRefused unless the manifest is whole, of a known format, and names plain paths only."""
    if raw is None or seal is None:
        raise BackupRefused("This is not a backup, or it is incomplete.")
    if seal_of(raw) != seal:
        raise BackupRefused(f"{MANIFEST} was altered.")
    try:
        found = Manifest(**json.loads(raw))
        names = {*found.files, found.database}
    except (ValueError, TypeError) as error:
        raise BackupRefused(f"{MANIFEST} cannot be read.") from error
    if found.format != FORMAT:
        raise BackupRefused(f"The backup has format {found.format}; this version reads format {FORMAT}.")
    if bad := [name for name in names if not is_plain(name)]:
        raise BackupRefused(f"The backup contains an invalid file name: {bad[0]!r}.")
    return found


def is_plain(name: str) -> bool:
    """A path that stays where it is put."""
    parts = PurePosixPath(name).parts
    return bool(parts) and name == "/".join(parts) and ".." not in parts and parts[0] != "/" and "\0" not in name


def shortened(names: list[str]) -> str:
    """ "7: a, b, c …" """
    return f"{len(names)}: {', '.join(names[:5])}{' …' if len(names) > 5 else ''}"
