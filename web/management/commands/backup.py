"""`manage.py backup DEST`: a whole copy of the site while it runs."""

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from web.services.backup.making import backup_make
from web.services.backup.manifest import BackupRefused, shortened
from web.services.backup.packing import verify


class Command(BaseCommand):
    help = "Copy database, files and keys to a new folder or .tar/.tar.gz file. Ends with 1 when something is missing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("dest", type=Path, help="a new folder, or a file named .tar, .tar.gz or .tgz")
        parser.add_argument("--verify", action="store_true", help="DEST is a backup: compare every hash, write nothing")

    def handle(self, *args: Any, dest: Path, **options: Any) -> None:
        os.umask(0o077)
        try:
            if options["verify"]:
                manifest = verify(dest)
                vanished: list[str] = []
            else:
                made = backup_make(dest)
                manifest, vanished = made.manifest, made.vanished
        except BackupRefused as refused:
            raise CommandError(str(refused)) from None
        except OSError as error:
            raise CommandError(f"{dest} could not be {'read' if options['verify'] else 'written'}: {error}") from None
        said = f"{dest}: {len(manifest.files)} files, {manifest.n_bytes / 1e6:.1f} MB, version {manifest.version}, "
        said += f"{manifest.engine}, made {manifest.made_at}. "
        said += "All hashes match." if options["verify"] else "It contains keys and personal data: keep it safe."
        self.stdout.write(said)
        if vanished:
            self.stdout.write(f"{len(vanished)} files were deleted during the backup.")
        if manifest.lost:
            raise CommandError(f"The database refers to missing files: {shortened(manifest.lost)}")
