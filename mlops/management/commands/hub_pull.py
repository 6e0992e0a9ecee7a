"""Import a model from a hub as a version of a task."""

from typing import Any

from django.core.management.base import CommandParser

from mlops.exchange.services.hub_imports import hub_import_start
from mlops.management.jobs import JobCommand, refused
from web.refusals import Problem


class Command(JobCommand):
    help = "Import a repository from the model hub (HF_ENDPOINT, HF_TOKEN) at one commit, check it and evaluate it."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("repository", help="owner/name")
        parser.add_argument("--revision", default="main", help="branch, tag or commit")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            job = hub_import_start(
                task=self.task(options["task"]),
                repository=options["repository"],
                revision=options["revision"],
                by=None,
            )
        except Problem as problem:
            raise refused(problem) from problem
        job = self.follow(job, options)
        if job.is_ended:
            self.stdout.write(job.sentence)
