"""A consistent copy of the database while others write, and putting it back: SQLite by its backup interface,
PostgreSQL by its own programs."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from django.db import connection, connections, transaction
from django.db.migrations.recorder import MigrationRecorder

from web.services.backup.manifest import BackupRefused

COPY = "backup"
"""Alias of the copy while it is asked."""
CLIENT = "Install the programs of PostgreSQL (apt-get install postgresql-client), at least as new as the server."


def engine() -> str:
    return str(connection.vendor)


def file_name() -> str:
    """What the copy is called in a backup."""
    return "database.sqlite3" if engine() == "sqlite" else "database.dump"


def applied(alias: str = "default") -> list[str]:
    """Migrations that a database has, as "app.name"."""
    return sorted(".".join(key) for key in MigrationRecorder(connections[alias]).applied_migrations())


@contextmanager
def copied(target: Path) -> Iterator[str]:
    """Write a copy to `target`; inside, the alias that answers from exactly the state that was copied."""
    if engine() == "sqlite":
        _sqlite_copy(Path(str(connection.settings_dict["NAME"])), target)
        with _opened(target) as alias:
            yield alias
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone()
        _run(
            "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={target}"
        )
        yield "default"


def _sqlite_copy(source: Path, target: Path) -> None:
    """All pages of one moment: writers go on meanwhile, their pages are in the log."""
    try:
        with closing(sqlite3.connect(source, timeout=60)) as live, closing(sqlite3.connect(target)) as copy:
            live.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
            (state,) = copy.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        raise BackupRefused(f"The database could not be copied: {error}.") from error
    if state != "ok":
        raise BackupRefused(f"The database itself is damaged: {state}")
    os.chmod(target, 0o600)


@contextmanager
def _opened(path: Path) -> Iterator[str]:
    connections.databases[COPY] = {**connection.settings_dict, "NAME": str(path), "OPTIONS": {}, "CONN_MAX_AGE": 0}
    try:
        yield COPY
    finally:
        connections[COPY].close()
        del connections[COPY]
        del connections.databases[COPY]


def database_put(staged: Path, aside: Path) -> None:
    """Let the site's database be what `staged` holds. SQLite: the old file is moved to `aside`. PostgreSQL: all tables
    are replaced in one transaction."""
    if engine() == "sqlite":
        connections.close_all()
        path = Path(str(connection.settings_dict["NAME"]))
        beside = path.with_name(f".{path.name}.restoring")
        shutil.move(staged, beside)  # files may lie on another disk than the database
        for old in (Path(f"{path}{end}") for end in ("", "-wal", "-shm")):
            if old.exists():
                os.replace(old, aside / old.name)
        os.replace(beside, path)
        return
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
    connections.close_all()
    first, then = staged.with_suffix(".drop.sql"), staged.with_suffix(".sql")
    first.write_text("".join(f"DROP TABLE IF EXISTS {quote(table)} CASCADE;\n" for table in tables))
    _run("pg_restore", "--no-owner", "--no-privileges", f"--file={then}", str(staged), database=False)
    _run(
        "psql",
        "--no-psqlrc",
        "--quiet",
        "--single-transaction",
        "--set=ON_ERROR_STOP=1",
        f"--file={first}",
        f"--file={then}",
    )


def others_connected() -> bool:
    """Somebody else has the database open."""
    if engine() == "sqlite":
        return _sqlite_in_use(Path(str(connection.settings_dict["NAME"])))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        return bool(cursor.fetchone()[0])


def _sqlite_in_use(path: Path) -> bool:
    """Leaving the write-ahead log needs the file for oneself alone; the site goes back to it when it connects."""
    connections.close_all()
    if not path.exists():
        return False
    with closing(sqlite3.connect(path, timeout=1)) as file:
        try:
            file.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.OperationalError:
            return True
    return False


def _run(program: str, *arguments: str, database: bool = True) -> None:
    """One of PostgreSQL's programs on the site's database; the password goes by the environment."""
    (_, *where), extra = connection.client.settings_to_cmd_args_env(connection.settings_dict, [])
    command = [program, *arguments, *(where if database else [])]
    environment: dict[str, Any] = {**os.environ, **(extra or {})}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True)  # noqa: S603
    except FileNotFoundError:
        raise BackupRefused(f"{program} is not installed. {CLIENT}") from None
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["no reason given"]
        raise BackupRefused(f"{program} failed: {last[0]}")
