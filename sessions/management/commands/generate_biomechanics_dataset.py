"""Generated repetitions of people who train, as landmark sequences with their truth."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    help = "Generate repetitions of five exercises (1,000 by default): landmark sequences, a table and the truth."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--output", type=Path, default=Path("datasets/biomechanics"))
        parser.add_argument("--sequences", type=int, default=1000)
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--jitter", type=float, default=1.0, help="how much landmarks tremble; 1 as MediaPipe's")

    def handle(self, *args: Any, **options: Any) -> None:
        from mlops.ml.biomechanics.generator.dataset import PER_SUBJECT, write_dataset

        n = options["sequences"]
        if not 1 <= n <= 100_000:
            raise CommandError("Between 1 and 100,000 sequences.")
        if not 0 <= options["jitter"] <= 10:
            raise CommandError("Jitter is from 0 to 10.")
        paths = write_dataset(options["output"], n, seed=options["seed"], jitter=options["jitter"])
        for path in paths:
            self.stdout.write(str(path))
        self.stdout.write(f"{n:,} generated sequences of {-(-n // PER_SUBJECT)} generated people")
