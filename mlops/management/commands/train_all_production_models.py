"""One command trains everything."""

import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    help = (
        "Generate data, then train, evaluate and register the shipped models of every kind. Prints each gate, "
        "reloads every artifact and tests one prediction. Exits with 1 if a gate fails. Writes the model table in "
        "the README between its markers."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--only", action="append", help="name of a recipe; may be given more than once")
        parser.add_argument("--quick", action="store_true", help="small data for a quick test; the metrics mean little")
        parser.add_argument("--shipped", action="store_true", help="don't train; check and show the shipped models")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--readme", type=Path, default=settings.BASE_DIR / "README.md")
        parser.add_argument("--no-table", action="store_true", help="don't change the README")

    def handle(self, *args: Any, **options: Any) -> None:
        from mlops.kinds.recipes import recipes
        from mlops.ml.contract import MLError
        from mlops.registry.services.shipping import produce, reload, shipped, table, table_write

        known = {one.name: one for one in recipes()}
        chosen = options["only"] or list(known)
        if unknown := sorted(set(chosen) - set(known)):
            raise CommandError(f"Unknown recipe: {unknown[0]}. Choose from: {', '.join(known)}.")
        made: list[Any] = shipped(self.stdout.write) if options["shipped"] else []
        failed: list[str] = []
        for name in [] if options["shipped"] else chosen:
            self.stdout.write(self.style.MIGRATE_HEADING(name))
            try:
                made += produce(
                    recipe=known[name], quick=options["quick"], seed=options["seed"], say=self.stdout.write
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
                self.stderr.write(f"{options['readme']} has no markers for the table and was not changed.")
        if failed:
            self.stderr.write("\n" + "\n".join(failed))
            sys.exit(1)
