"""`manage.py retrain --task exercise --incremental --compare-full --here`: the champion's estimator on today's data."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandParser

from mlops.jobs.models import Job
from mlops.jobs.services.execution import job_execute_here
from mlops.management.jobs import JobCommand, refused
from mlops.registry.models import ModelVersion
from mlops.training.selectors.continued import continued_lines
from mlops.training.services.retraining import retrain_start
from web.refusals import Problem


class Command(JobCommand):
    help = (
        "Build a dataset of what is labelled now and train the champion's estimator on it again, in full or only with "
        "what is new (--incremental). Prints both beside each other and promotes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--incremental", action="store_true", help="go on from the champion with what is new")
        parser.add_argument("--compare-full", action="store_true", help="also train in full and report both")

    def handle(self, *args: Any, **options: Any) -> None:
        task = self.task(options["task"])
        try:
            job = retrain_start(
                task=task, owner=None, incremental=options["incremental"], compare_full=options["compare_full"]
            )
        except (ValidationError, Problem) as error:
            raise refused(error) from error
        if options["here"]:
            self._here(job)
        job = self.follow(job, {**options, "here": False})
        if not job.is_ended:
            return
        self.stdout.write(job.sentence)
        version = ModelVersion.objects.filter(pk=job.result.get("version")).select_related("task", "run").first()
        for line in continued_lines(version) if version is not None else []:
            self.stdout.write(f"  {line}")

    def _here(self, job: Job) -> None:
        """The job waits for its children: run each in turn, then the job again, until it ends."""
        for _step in range(10):
            job_execute_here(pk=job.pk)
            job.refresh_from_db()
            if job.is_ended:
                return
            for child in Job.objects.filter(parent=job).order_by("created_at"):
                if not child.is_ended:
                    job_execute_here(pk=child.pk)
