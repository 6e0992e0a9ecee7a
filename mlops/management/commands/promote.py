"""`manage.py promote --task exercise --version 7 --reason "Judged on real recordings"`: move champion or challenger."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from mlops.management.jobs import refused
from mlops.registry.models import ModelVersion
from mlops.registry.services.promotion import challenger_withdraw, task_rollback, version_challenge, version_promote
from mlops.tasks.models import Task
from web.refusals import Problem


class Command(BaseCommand):
    help = (
        "Make a version champion, or challenger with --share. --rollback returns to the previous champion, "
        "--end-challenge ends a challenge."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--task", required=True)
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--number", "--version-number", type=int, dest="version", help="version number")
        what.add_argument("--newest", action="store_true", help="the latest version")
        what.add_argument("--rollback", action="store_true")
        what.add_argument("--end-challenge", action="store_true")
        parser.add_argument(
            "--share", type=float, help="make it challenger for this share of athletes (between 0 and 1)"
        )
        parser.add_argument("--reason", default="")
        parser.add_argument("--override", action="store_true", help="promote although a gate failed; needs --reason")

    def handle(self, *args: Any, **options: Any) -> None:
        task = Task.objects.filter(name=options["task"]).first()
        if task is None:
            raise CommandError(f"Unknown task: {options['task']}.")
        reason = options["reason"]
        try:
            if options["rollback"]:
                event = task_rollback(task=task, by=None, reason=reason)
                self.stdout.write(f"Version {event.to_number} is the champion of {task.name} again")
            elif options["end_challenge"]:
                challenger_withdraw(task=task, by=None, reason=reason)
                self.stdout.write(f"The champion of {task.name} serves everyone again")
            else:
                self._move(self._version(task, options), options)
        except (ValidationError, Problem) as error:
            raise refused(error) from error

    def _move(self, version: ModelVersion, options: dict[str, Any]) -> None:
        more = {"by": None, "reason": options["reason"], "override": options["override"]}
        if options["share"] is None:
            version_promote(version=version, **more)
            self.stdout.write(f"Version {version.number} is the champion of {version.task.name}")
        else:
            version_challenge(version=version, share=options["share"], **more)
            self.stdout.write(f"Version {version.number} is challenger for {100 * options['share']:.0f} % of athletes")

    def _version(self, task: Task, options: dict[str, Any]) -> ModelVersion:
        rows = ModelVersion.objects.filter(task=task).select_related("task").order_by("-number")
        found = rows.first() if options["newest"] else rows.filter(number=options["version"]).first()
        if found is None:
            raise CommandError(f"{task.name} has no such version.")
        return found
