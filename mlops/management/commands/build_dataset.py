"""`manage.py build_dataset --task exercise --wait`: freeze what is labelled now."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandParser

from mlops.management.jobs import JobCommand, refused
from mlops.services.datasets import BALANCES, SPLITS, dataset_create
from web.refusals import Problem


class Command(JobCommand):
    help = "Build a dataset of everything that is labelled and may be learned from."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--split", choices=list(SPLITS), default="subjects", help="who judges the model")
        parser.add_argument("--balance", choices=list(BALANCES), default="none")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--recorded-only", action="store_true", help="leave generated people out")

    def handle(self, *args: Any, **options: Any) -> None:
        parameters = {name: options[name] for name in ("split", "balance", "seed")}
        parameters["include_generated"] = not options["recorded_only"]
        try:
            dataset = dataset_create(task=self.task(options["task"]), owner=None, parameters=parameters)
        except (ValidationError, Problem) as error:
            raise refused(error) from error
        assert dataset.job is not None
        job = self.follow(dataset.job, options)
        self.stdout.write(f"Dataset {dataset.pk}. {job.result.get('text', '')}".strip())
