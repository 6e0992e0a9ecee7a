"""`manage.py train --task exercise --estimator bilstm --set epochs=20 --wait`: train, judge, register."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser

from mlops.management.jobs import JobCommand, refused
from mlops.models import Dataset, ModelVersion, Task
from mlops.models.dataset import DatasetStatus
from mlops.selectors.estimators import EstimatorInfo, estimator_infos
from mlops.selectors.gate_words import version_gates
from mlops.services.runs import estimators_for, run_create
from web.refusals import Problem


class Command(JobCommand):
    help = (
        "Train a model of a task from its newest dataset. Says every metric and gate; a failed training exits non-zero."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--estimator", help="default: the one the task's kind recommends")
        parser.add_argument("--set", action="append", default=[], metavar="OPTION=VALUE", help="may be repeated")
        parser.add_argument("--dataset", help="id; default: the newest that is ready")
        parser.add_argument("--seed", type=int, default=0)

    def handle(self, *args: Any, **options: Any) -> None:
        task = self.task(options["task"])
        try:
            estimator = options["estimator"] or (estimators_for(task) or [""])[0]
            info = estimator_infos().get(estimator)
            run = run_create(
                task=task,
                dataset=self._dataset(task, options["dataset"]),
                estimator=estimator,
                owner=None,
                config=config_of(options["set"], info) if info else {},
                seed=options["seed"],
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
            raise CommandError(f"There is no such dataset. Build one: manage.py build_dataset --task {task.name}")
        return found

    def _tell(self, version: ModelVersion) -> None:
        self.stdout.write(f"Version {version.number} ({version.estimator})")
        for metric in version.task.metrics:
            if metric.name in version.metrics:
                self.stdout.write(f"  {metric.title}: {metric.text(version.metrics[metric.name])}")
        for gate in version_gates(version):
            self.stdout.write(f"  gate {'passed' if gate['passed'] else 'MISSED'}: {gate['text']}")
        self.stdout.write(f"  {version.metrics.get('measured_on', {}).get('text', '')}")


def config_of(pairs: list[str], info: EstimatorInfo) -> dict[str, Any]:
    """["epochs=20", "bidirectional=yes"] in the options' types; wrong values stay text and are refused later."""
    config: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        option = info.option(name.strip())
        if not equals or option is None:
            known = ", ".join(option.name for option in info.options)
            raise CommandError(f"--set {pair}: give OPTION=VALUE with one of {known}.")
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
