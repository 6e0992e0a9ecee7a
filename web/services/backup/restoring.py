"""Putting a backup back. Nothing of the site is touched before every hash is right and everything lies ready."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from django.db.migrations.loader import MigrationLoader

from web.registries.stored_files import named_files
from web.services.backup import databases
from web.services.backup.making import SAFE_KEYS
from web.services.backup.manifest import FILES, SECRETS, BackupRefused, Manifest
from web.services.backup.packing import remove, verify

STAGED = ".restoring"
UNFINISHED = "restore.unfinished"
"""Lies in FITBALANCE_VAR from the first change to the last: half of two sites must never be started."""


@dataclass(frozen=True)
class Restored:
    """aside: folders that hold what was replaced; lost: files that the database names and nobody has; other_keys:
    settings whose value was another when the backup was made."""

    manifest: Manifest
    aside: list[Path]
    lost: list[str]
    other_keys: list[str]


def backup_restore(source: Path, *, replace: bool = False) -> Restored:
    """Let this site be what the backup holds, and migrate it. Raises BackupRefused, OSError; see `unfinished`."""
    with _stopped():
        return _restore(source, replace=replace)


def _aside(var: Path, media: Path) -> list[Path]:
    """New folders for what is replaced; a second restore within the same second gets a number of its own."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    for name in (stamp, *(f"{stamp}-{number}" for number in range(2, 100))):
        folders = [var / f"replaced-{name}", media / f".replaced-{name}"]
        if not any(folder.exists() for folder in folders):
            for folder in folders:
                folder.mkdir(mode=0o700)
            return folders
    raise BackupRefused("Several restores run at once. Wait a second and start again.")


def _restore(source: Path, *, replace: bool) -> Restored:
    manifest = verify(source)
    _refuse_unfit(manifest)
    was_empty = _is_empty()
    if not replace and not was_empty:
        raise BackupRefused("This site contains data. Use --replace to move it aside and restore the backup.")
    media, var = Path(settings.MEDIA_ROOT), Path(settings.VAR_DIR)
    staged = media / STAGED
    remove(staged)
    staged.mkdir(mode=0o700, parents=True)
    try:
        verify(source, into=staged)
    except BaseException:
        remove(staged)
        raise
    secrets = json.loads((staged / SECRETS).read_bytes())
    aside = _aside(var, media)
    (var / UNFINISHED).write_text(f"{source}\n")
    try:
        databases.database_put(staged / manifest.database, aside[0])
    except BackupRefused:  # PostgreSQL took nothing over
        for path in (staged, *aside, var / UNFINISHED):
            remove(path)
        raise
    _swap(media, staged / FILES, aside[1])
    remove(staged)
    connections.close_all()
    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)
    (var / UNFINISHED).unlink()
    for folder in aside:
        if was_empty or not any(folder.iterdir()):
            remove(folder)
    return Restored(
        manifest,
        aside=[folder for folder in aside if folder.exists()],
        lost=sorted(name for name in named_files() if not (media / name).is_file()),
        other_keys=[key for key in SAFE_KEYS if secrets.get(key, "") not in ("", getattr(settings, key))],
    )


def unfinished() -> str:
    """Why this site may not be started: a restore was interrupted. Empty otherwise."""
    marker = Path(settings.VAR_DIR, UNFINISHED)
    if not marker.exists():
        return ""
    return f"A restore from {marker.read_text().strip()} was interrupted. Run it again, with --replace."


def _swap(media: Path, fresh: Path, aside: Path) -> None:
    """Exchange what lies in MEDIA_ROOT by renames; hidden entries are nobody's."""
    for old in media.iterdir():
        if not old.name.startswith("."):
            os.rename(old, aside / old.name)
    for new in fresh.iterdir() if fresh.is_dir() else ():
        os.rename(new, media / new.name)


@contextmanager
def _stopped() -> Iterator[None]:
    """Nothing of the site runs, and nothing is started meanwhile: the lock that every start takes is ours."""
    handle = os.open(Path(settings.VAR_DIR, settings.SITE_LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupRefused("The site is running. Stop it first.") from None
        if databases.others_connected():
            raise BackupRefused("The database is in use. Stop every process of the site (on every machine) first.")
        yield
    finally:
        os.close(handle)


def _refuse_unfit(manifest: Manifest) -> None:
    if _parts(manifest.version) > _parts(settings.VERSION):
        raise BackupRefused(f"The backup is from version {manifest.version}, this is {settings.VERSION}. Update first.")
    if manifest.engine != databases.engine():
        raise BackupRefused(
            f"The backup is from {manifest.engine}, but this site uses {databases.engine()}: see DATABASE_URL."
        )
    loader = MigrationLoader(None, ignore_no_migrations=True)
    known = {".".join(key) for key in loader.disk_migrations}
    known |= {".".join(key) for one in loader.disk_migrations.values() for key in one.replaces}
    if unknown := sorted(set(manifest.migrations) - known):
        raise BackupRefused(f"The backup's database is newer than this program: it has {unknown[0]}.")


def _parts(version: str) -> list[int]:
    return [int(part) for part in version.split(".") if part.isdigit()]


def _is_empty() -> bool:
    """No person and no file. A site whose restore was interrupted is not empty."""
    from django.contrib.auth import get_user_model

    media = Path(settings.MEDIA_ROOT)
    if unfinished() or any(not path.name.startswith(".") for path in (media.iterdir() if media.is_dir() else ())):
        return False
    people = get_user_model()
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
    return people._meta.db_table not in tables or not people._base_manager.exists()
