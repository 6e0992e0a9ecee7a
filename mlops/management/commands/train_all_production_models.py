"""One command trains everything."""

import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    help = (
        "Generate data, train, judge and register the shipped models of every kind; print each gate; reload every "
        "artifact and ask it once. Any miss ends with 1. Writes the model table of the README between its markers."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--only", action="append", help="name of a production; may be given more than once")
        parser.add_argument("--quick", action="store_true", help="small data, for a try: figures mean little")
        parser.add_argument("--shipped", action="store_true", help="train nothing: check and show the models that ship")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--readme", type=Path, default=settings.BASE_DIR / "README.md")
        parser.add_argument("--no-table", action="store_true", help="leave the README as it is")

    def handle(self, *args: Any, **options: Any) -> None:
        from mlops.ml.contract import MLError
        from mlops.production import productions
        from mlops.services.producing import produce, reload, shipped, table, table_write

        known = {one.name: one for one in productions()}
        chosen = options["only"] or list(known)
        if unknown := sorted(set(chosen) - set(known)):
            raise CommandError(f"There is no production {unknown[0]}; known are {', '.join(known)}.")
        made: list[Any] = shipped(self.stdout.write) if options["shipped"] else []
        failed: list[str] = []
        for name in [] if options["shipped"] else chosen:
            self.stdout.write(self.style.MIGRATE_HEADING(name))
            try:
                made += produce(
                    production=known[name], quick=options["quick"], seed=options["seed"], say=self.stdout.write
                )
            except MLError as error:
                failed.append(f"{name}: {error}")
                self.stderr.write(failed[-1])
        self.stdout.write(self.style.MIGRATE_HEADING("Reloading every model"))
        for one in made:
            reload(one)
            self.stdout.write(f"  {one.version}: {'; '.join(one.problems) or 'answers'}")
            failed += [f"{one.version}: {problem}" for problem in one.problems]
        text = table(made)
        self.stdout.write(f"\n{text}")
        if not options["no_table"] and not options["quick"] and made and set(chosen) == set(known):
            if not table_write(options["readme"], text):
                self.stderr.write(f"{options['readme']} has no markers for the table, so it was left as it is.")
        if failed:
            self.stderr.write("\n" + "\n".join(failed))
            sys.exit(1)
