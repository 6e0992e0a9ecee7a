"""Train the small models that ship with the repository."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    help = "Train the shipped champions on simulated athletes (a few minutes) and write them to mlops/champions."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--output", type=Path, default=settings.CHAMPIONS_DIR)
        parser.add_argument("--task", help="only this task")

    def handle(self, *args: Any, **options: Any) -> None:
        from mlops.ml.contract import MLError
        from mlops.ml.sensors.champions import PLANS, make_champion
        from mlops.ml.sensors.phase_champion import TASK, make_phase_champion

        for plan in PLANS:
            if options["task"] in (None, plan.task):
                command = f"manage.py make_champions --task {plan.task}"
                try:
                    make_champion(plan, options["output"], command=command, say=self.stdout.write)
                except MLError as error:
                    raise CommandError(str(error)) from error
        if options["task"] in (None, TASK):
            try:
                make_phase_champion(
                    options["output"], command=f"manage.py make_champions --task {TASK}", say=self.stdout.write
                )
            except MLError as error:
                raise CommandError(str(error)) from error
