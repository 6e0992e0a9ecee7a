"""Generated days of people who train, as CSV."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser


class Command(BaseCommand):
    help = "Generate synthetic days of people who train (365,000 rows by default) and one row per person."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--output", type=Path, default=Path("datasets/burnout"))
        parser.add_argument("--users", type=int, default=1000)
        parser.add_argument("--days", type=int, default=365)
        parser.add_argument("--seed", type=int, default=0)

    def handle(self, *args: Any, **options: Any) -> None:
        from mlops.ml.survival.checkins.simulate import simulate
        from mlops.ml.survival.checkins.table import write_tables

        made = simulate(options["users"], options["days"], seed=options["seed"])
        for path in write_tables(made, options["output"]):
            self.stdout.write(str(path))
        n_events = int(made.days.events.sum())
        self.stdout.write(
            f"{options['users'] * options['days']:,} generated days; burnout starts on {n_events} of them"
        )
