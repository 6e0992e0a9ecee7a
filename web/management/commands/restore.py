"""`manage.py restore SRC`: let this site be what a backup holds."""

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from web.services.backup.manifest import BackupRefused, shortened
from web.services.backup.restoring import backup_restore


class Command(BaseCommand):
    help = "Restore a backup into an empty, stopped site and migrate it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("src", type=Path, help="a backup: a folder or a .tar, .tar.gz, .tgz file")
        parser.add_argument(
            "--replace", action="store_true", help="replace existing data, which is moved aside"
        )

    def handle(self, *args: Any, src: Path, **options: Any) -> None:
        os.umask(0o077)
        try:
            done = backup_restore(src.absolute(), replace=options["replace"])
        except BackupRefused as refused:
            raise CommandError(str(refused)) from None
        except OSError as error:
            raise CommandError(f"The backup could not be restored: {error}") from None
        manifest = done.manifest
        self.stdout.write(
            f"Restored {len(manifest.files)} files, {manifest.n_bytes / 1e6:.1f} MB, made {manifest.made_at} "
            f"with version {manifest.version}."
        )
        for folder in done.aside:
            self.stdout.write(f"The replaced data is in {folder}. Delete it when you no longer need it.")
        for key in done.other_keys:
            self.stdout.write(f"{key} differs: set it to the value in secrets.json of the backup.")
        if done.lost:
            raise CommandError(f"The database refers to missing files: {shortened(done.lost)}")
