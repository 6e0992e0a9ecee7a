"""Push a version to a model hub."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from mlops.exchange.services.publishing import LICENCES
from mlops.exchange.services.pushes import push_start
from mlops.management.jobs import JobCommand, refused
from mlops.registry.models import ModelVersion
from web.refusals import Problem


class Command(JobCommand):
    help = "Push a version of a task to a repository on the model hub (HF_ENDPOINT, HF_TOKEN) as a published folder."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("repository", help="owner/name; created if it does not exist")
        parser.add_argument("--version-number", type=int, help="default: the champion")
        parser.add_argument("--public", action="store_true", help="repositories are private by default")
        parser.add_argument("--licence", choices=list(LICENCES), default="other")

    def handle(self, *args: Any, **options: Any) -> None:
        task = self.task(options["task"])
        rows = ModelVersion.objects.filter(task=task)
        if options["version_number"]:
            version = rows.filter(number=options["version_number"]).first()
        else:
            version = rows.filter(aliases__name="champion").first()
        if version is None:
            raise CommandError("Unknown version, or the task has no champion.")
        try:
            row = push_start(
                version=version,
                repository=options["repository"],
                private=not options["public"],
                licence=options["licence"],
                by=None,
            )
        except Problem as problem:
            raise refused(problem) from problem
        assert row.job is not None
        job = self.follow(row.job, options)
        if job.is_ended:
            self.stdout.write(f"{job.sentence} {job.result.get('repository_url', '')}")
