"""A site of one's own in a folder: people, recordings, versions and jobs of an earlier version, migrated; commands run
on it in this process, or in one of their own where they are to be killed."""

from __future__ import annotations

import gzip
import hashlib
import io
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
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import override_settings

from tests.migrations.old_site import FOLDER, ROOT


@dataclass(frozen=True)
class OwnSite:
    """var: where it writes; blocker: pytest-django's; name: of its PostgreSQL database, empty for SQLite."""

    var: Path
    blocker: Any
    name: str = ""

    @property
    def database(self) -> Path:
        return self.var / "fitbalance.sqlite3"

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Django's default connection is this site's."""
        connection = connections["default"]
        kept = connection.settings_dict["NAME"]
        own = {"MEDIA_ROOT": self.var / "files", "VAR_DIR": self.var}
        umask = os.umask(0o022)
        with self.blocker.unblock(), override_settings(**own, PASSWORD_HASHERS=global_settings.PASSWORD_HASHERS):
            connection.close()
            connection.settings_dict["NAME"] = self.name or self.database
            try:
                yield
            finally:
                connection.close()
                connection.settings_dict["NAME"] = kept
                os.umask(umask)

    def manage(self, *command: str, code: int = 0) -> str:
        """What a command says, when it ends as expected."""
        out = io.StringIO()
        found = 0
        with self.opened():
            try:
                call_command(*command, stdout=out, stderr=out)
            except CommandError as error:
                out.write(f"{error}\n")
                found = error.returncode
        assert found == code, f"{command}: {found}\n{out.getvalue()}"
        return out.getvalue()

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """A process of its own."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("FITBALANCE", "DATABASE"))}
        environment = {**kept, "FITBALANCE_VAR": str(self.var), "DJANGO_SETTINGS_MODULE": "fitbalance.settings"}
        return subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )

    def rows(self) -> dict[str, list[str]]:
        """Every row of every table, as text."""
        with self.opened(), connections["default"].cursor() as cursor:
            found = {}
            for table in connections["default"].introspection.table_names(cursor):
                cursor.execute(f'select * from "{table}"')
                found[table] = sorted(map(repr, cursor.fetchall()))
        return found

    def files(self) -> dict[str, str]:
        """Relative path → SHA-256 of everything in the private files."""
        root = self.var / "files"
        return {
            path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in root.rglob("*")
            if path.is_file() and not any(part.startswith(".") for part in path.relative_to(root).parts)
        }


def site_make(var: Path, blocker: Any, name: str = "") -> OwnSite:
    """The site of version 0.1.0, migrated to today's tables."""
    var.mkdir(parents=True)
    with tarfile.open(FOLDER / "files_0_1_0.tar.gz") as archive:
        archive.extractall(var, filter="data")
    site = OwnSite(var, blocker, name)
    with sqlite3.connect(site.database) as file:
        file.executescript(gzip.decompress((FOLDER / "site_0_1_0.sql.gz").read_bytes()).decode())
    if name:
        url = f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{name}"
        environment = {**os.environ, "FITBALANCE_VAR": str(var), "FITBALANCE_ENV": "development", "DATABASE_URL": url}
        environment["DJANGO_SETTINGS_MODULE"] = "fitbalance.settings"
        command = [sys.executable, "-m", "tests.migrations.postgres", str(site.database)]
        subprocess.run(command, cwd=ROOT, env=environment, check=True)
        site.database.unlink()
    site.manage("migrate", "--verbosity=0")
    site.manage("createcachetable", "--verbosity=0")
    return site
