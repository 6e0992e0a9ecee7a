"""`manage.py train --task exercise --estimator bilstm --set epochs=20 --wait`: train, judge, register."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser

from mlops.datasets.models import Dataset, DatasetStatus
from mlops.kinds.estimators import estimator_infos
from mlops.management.jobs import JobCommand, options_read, refused
from mlops.registry.gate_words import gap_text, measured_text, version_gates
from mlops.registry.models import ModelVersion
from mlops.tasks.models import Task
from mlops.training.selectors.continued import continued_lines
from mlops.training.services.runs import estimators_for, run_create
from web.refusals import Problem


class Command(JobCommand):
    help = (
        "Train a model for a task from its latest dataset and print every metric and gate. Exits non-zero if "
        "training fails."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--estimator", help="default: the estimator recommended for the task")
        parser.add_argument("--set", action="append", default=[], metavar="OPTION=VALUE", help="may be repeated")
        parser.add_argument("--dataset", help="id; default: the latest that is ready")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--continue-from", metavar="NUMBER", type=int, help="version to go on from with new data")
        parser.add_argument("--compare-full", action="store_true", help="also train in full and report both")

    def handle(self, *args: Any, **options: Any) -> None:
        task = self.task(options["task"])
        try:
            parent = self._parent(task, options["continue_from"])
            usual = parent.estimator if parent else (estimators_for(task) or [""])[0]
            estimator = options["estimator"] or usual
            info = estimator_infos().get(estimator)
            run = run_create(
                task=task,
                dataset=self._dataset(task, options["dataset"]),
                estimator=estimator,
                owner=None,
                config=options_read(info.options, options["set"]) if info else {},
                seed=options["seed"],
                parent=parent,
                compare_full=options["compare_full"],
            )
        except (ValidationError, Problem) as error:
            raise refused(error) from error
        self.follow(run.job, options)
        version = ModelVersion.objects.filter(run=run).select_related("task").first()
        if version is not None:
            self._tell(version)

    def _dataset(self, task: Task, pk: str | None) -> Dataset:
        rows = Dataset.objects.filter(task=task)
        try:
            found = rows.filter(pk=pk).first() if pk else rows.filter(status=DatasetStatus.READY).first()
        except ValidationError:
            found = None
        if found is None:
            raise CommandError(f"Unknown dataset. Build one with: manage.py build_dataset --task {task.name}")
        return found

    def _parent(self, task: Task, number: int | None) -> ModelVersion | None:
        if number is None:
            return None
        found = ModelVersion.objects.filter(task=task, number=number).select_related("task", "run__dataset").first()
        if found is None:
            raise CommandError(f"{task.title} has no version {number}.")
        return found

    def _tell(self, version: ModelVersion) -> None:
        self.stdout.write(f"Version {version.number} ({version.estimator})")
        for metric in version.task.metrics:
            if metric.name in version.metrics:
                self.stdout.write(f"  {metric.title}: {metric.text(version.metrics[metric.name])}")
        for gate in version_gates(version):
            self.stdout.write(f"  gate {'passed' if gate['passed'] else 'FAILED'}: {gate['text']}")
        self.stdout.write(f"  {measured_text(version)}")
        if gap := gap_text(version.metrics, version.task):
            self.stdout.write(f"  WARNING: {gap}")
        for line in continued_lines(version):
            self.stdout.write(f"  {line}")
