"""`manage.py build_dataset --task exercise --wait`: freeze what is labelled now."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandParser

from mlops.datasets.services.datasets import dataset_create
from mlops.kinds.options import options_of
from mlops.management.jobs import JobCommand, options_read, refused
from mlops.tasks.selectors import kind_for
from web.refusals import Problem


class Command(JobCommand):
    help = "Build a dataset from all labelled data that its owners share for training."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--split", help="how to split: subjects, each or random")
        parser.add_argument("--balance", help="none, downsample or upsample (kinds with labels only)")
        parser.add_argument("--seed", type=int)
        parser.add_argument("--set", action="append", default=[], metavar="OPTION=VALUE", help="any other build option")
        parser.add_argument("--recorded-only", action="store_true", help="leave out generated people")

    def handle(self, *args: Any, **options: Any) -> None:
        task = self.task(options["task"])
        named = {name: options[name] for name in ("split", "balance", "seed") if options[name] is not None}
        if options["recorded_only"]:
            named["include_generated"] = False
        try:
            given = options_read(options_of(kind_for(task).Build), options["set"])
            dataset = dataset_create(task=task, owner=None, parameters=named | given)
        except (ValidationError, Problem) as error:
            raise refused(error) from error
        assert dataset.job is not None
        job = self.follow(dataset.job, options)
        self.stdout.write(f"Dataset {dataset.pk}. {job.result.get('text', '')}".strip())
