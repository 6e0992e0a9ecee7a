"""Commands that start jobs: run them here, wait for a worker, or only tell where they can be followed."""

import time
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from mlops.jobs.models import Job, JobStatus
from mlops.jobs.services.execution import job_execute_here
from mlops.kinds.options import OptionInfo
from mlops.tasks.models import Task
from web.refusals import Problem

POLL_S = 0.5


class JobCommand(BaseCommand):
    """Adds --here and --wait and turns refusals into one sentence and a non-zero exit."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--task", required=True, help="name of the task, as in its URL")
        parser.add_argument("--wait", action="store_true", help="wait until a worker has finished")
        parser.add_argument("--here", action="store_true", help="run it in this process, without a worker")

    def task(self, name: str) -> Task:
        """The task of that name. Raises CommandError."""
        task = Task.objects.filter(name=name).select_related("label_set").first()
        if task is None:
            known = ", ".join(Task.objects.values_list("name", flat=True)) or "none"
            raise CommandError(f"Unknown task: {name}. Choose from: {known}.")
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
            self.stdout.write(f"Started job {job.pk}; follow it at /jobs/{job.pk}/")
        return job


def refused(error: ValidationError | Problem) -> CommandError:
    """A refusal as a command says it."""
    if isinstance(error, Problem):
        return CommandError(error.detail)
    if hasattr(error, "error_dict"):
        return CommandError("; ".join(f"{name}: {' '.join(texts)}" for name, texts in error.message_dict.items()))
    return CommandError(" ".join(error.messages))


def options_read(options: Sequence[OptionInfo], pairs: Sequence[str]) -> dict[str, Any]:
    """["epochs=20", "bidirectional=yes"] in the options' types; wrong values stay text and are refused later."""
    known = {option.name: option for option in options}
    config: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        option = known.get(name.strip())
        if not equals or option is None:
            raise CommandError(f"--set {pair}: use OPTION=VALUE with one of {', '.join(known)}.")
        config[option.name] = _value(text.strip(), option.kind, option.choices)
    return config


def _value(text: str, kind: str, choices: tuple[Any, ...]) -> Any:
    for choice in choices:
        if str(choice) == text:
            return choice
    if kind == "bool":
        return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(text.lower(), text)
    if kind in ("int", "float"):
        try:
            return int(text) if kind == "int" else float(text)
        except ValueError:
            return text
    return text
