"""Commands that start jobs: run them here, wait for a worker, or only tell where they can be followed."""

import time
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from mlops.models import Job, JobStatus, Task
from mlops.services.execution import job_execute_here
from web.refusals import Problem

POLL_S = 0.5


class JobCommand(BaseCommand):
    """Adds --here and --wait and turns refusals into one sentence and a non-zero exit."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--task", required=True, help="name of the task, as in its address")
        parser.add_argument("--wait", action="store_true", help="wait until a worker has done it")
        parser.add_argument("--here", action="store_true", help="do it in this process, without a worker")

    def task(self, name: str) -> Task:
        """The task of that name. Raises CommandError."""
        task = Task.objects.filter(name=name).select_related("label_set").first()
        if task is None:
            known = ", ".join(Task.objects.values_list("name", flat=True)) or "none"
            raise CommandError(f"There is no task {name}. Known are: {known}.")
        return task

    def follow(self, job: Job, options: dict[str, Any]) -> Job:
        """Run or wait as asked; returns the job as it is then. Raises CommandError when it ended badly."""
        if options["here"]:
            job_execute_here(pk=job.pk)
        note = ""
        while options["wait"] and not options["here"]:
            job.refresh_from_db()
            if job.is_ended:
                break
            if (line := f"{job.sentence} {job.progress_done}/{job.progress_total}") != note:
                self.stdout.write(note := line)
            time.sleep(POLL_S)
        job.refresh_from_db()
        if job.is_ended and job.status != JobStatus.SUCCEEDED:
            raise CommandError(f"{job.get_status_display()}: {job.failure_reason or job.sentence}")
        if not job.is_ended:
            self.stdout.write(f"Job {job.pk} is started; follow it at /jobs/{job.pk}/")
        return job


def refused(error: ValidationError | Problem) -> CommandError:
    """A refusal as a command says it."""
    if isinstance(error, Problem):
        return CommandError(error.detail)
    if hasattr(error, "error_dict"):
        return CommandError("; ".join(f"{name}: {' '.join(texts)}" for name, texts in error.message_dict.items()))
    return CommandError(" ".join(error.messages))
