"""The site of version 0.1.0 brought to today's code: loaded, migrated by a process of its own, opened by the tests."""

from __future__ import annotations

import gzip
import json
import os
import sqlite3
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import global_settings
from django.db import connections
from django.test import override_settings

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]
DATABASE = "fitbalance_old_site"
"""Its name on a PostgreSQL server; on SQLite it is a file."""


@dataclass(frozen=True)
class OldSite:
    """before: the rows as they were, to be asked in SQL; facts: what make_site.py wrote down besides."""

    before: sqlite3.Connection
    facts: dict[str, Any]

    def asked(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of the old database."""
        return self.before.execute(sql).fetchall()

    def counts(self) -> dict[str, int]:
        """Rows of each table as they were."""
        return {name: self.asked(f'select count(*) from "{name}"')[0][0] for name in table_names(self.before)}


def table_names(connection: sqlite3.Connection) -> list[str]:
    """Tables of a SQLite database, without its own."""
    query = "select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by name"
    return [name for (name,) in connection.execute(query)]


@contextmanager
def old_site(var: Path, blocker: Any) -> Iterator[OldSite]:
    """Unpack into `var`, migrate as an operator would, and let Django's default connection be that database."""
    with tarfile.open(FOLDER / "files_0_1_0.tar.gz") as archive:
        archive.extractall(var, filter="data")
    sql = gzip.decompress((FOLDER / "site_0_1_0.sql.gz").read_bytes()).decode()
    before = sqlite3.connect(":memory:")
    before.executescript(sql)
    with sqlite3.connect(var / "fitbalance.sqlite3") as file:
        before.backup(file)
    environment = {**os.environ, "FITBALANCE_VAR": str(var), "FITBALANCE_ENV": "development"}
    environment |= {"DJANGO_SETTINGS_MODULE": "fitbalance.settings"}
    name: Any = var / "fitbalance.sqlite3"
    if url := os.environ.get("DATABASE_URL"):
        name, environment["DATABASE_URL"] = DATABASE, f"{url.rpartition('/')[0]}/{DATABASE}"
        _run(environment, "-m", "tests.migrations.postgres", str(var / "fitbalance.sqlite3"))
    _run(environment, "manage.py", "migrate", "--verbosity", "0")
    connection = connections["default"]
    kept = connection.settings_dict["NAME"]
    hashers = global_settings.PASSWORD_HASHERS
    with blocker.unblock(), override_settings(MEDIA_ROOT=var / "files", PASSWORD_HASHERS=hashers):
        connection.close()
        connection.settings_dict["NAME"] = name
        try:
            yield OldSite(before, json.loads((var / "facts.json").read_text()))
        finally:
            connection.close()
            connection.settings_dict["NAME"] = kept
            before.close()


def _run(environment: dict[str, str], *command: str) -> None:
    done = subprocess.run([sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
