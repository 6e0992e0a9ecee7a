"""Read a table of foods into the site."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    help = (
        "Read foods into the site: the part with 390,000 foods of the USDA (--part; manage.py fetch_parts usda-foods "
        "gets it), or a file of the USDA: SR as CSV, FoodData Central as JSON or as a ZIP of its CSV files. "
        "Run again, it brings the foods up to date."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        chosen = parser.add_mutually_exclusive_group(required=True)
        chosen.add_argument("--part", action="store_true", help="the part usda-foods")
        chosen.add_argument("--file", type=Path, help="a CSV, JSON or ZIP file of the USDA")

    def handle(self, *args: Any, **options: Any) -> None:
        from mlops.ml.contract import MLError
        from nutrition.foods.services.imports import file_import, part_import

        def on_step(done: int, total: int) -> None:
            if done % 20_000 == 0:
                self.stdout.write(f"{done:,} of {total:,} foods" if total else f"{done:,} foods")

        try:
            done = part_import(on_step) if options["part"] else file_import(options["file"], on_step)
        except MLError as error:
            raise CommandError(f"{str(error)[:1].upper()}{str(error)[1:]}.") from error
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}.") from error
        self.stdout.write(self.style.SUCCESS(f"{done.n_foods:,} foods read."))
        for line in done.bad:
            self.stdout.write(f"Left out: {line}.")
        if done.n_bad > len(done.bad):
            self.stdout.write(f"… and {done.n_bad - len(done.bad)} more.")
