"""`manage.py compare_labelling --task exercise`: how many labels each way of choosing needs, on a task's own data."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError, CommandParser

from mlops.datasets.models import Dataset, DatasetStatus
from mlops.datasets.services.files import dataset_path
from mlops.ml.contract import MLError
from mlops.ml.labelling import Pool, curves, summary
from mlops.tasks.models import Task
from mlops.tasks.selectors import kind_for
from web.refusals import Problem


class Command(BaseCommand):
    help = (
        "Play labelling through on the labelled examples of a task's latest dataset: for each strategy of the review "
        "queue, the labels it needs for what random choice reaches. Nothing is stored."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--task", required=True, help="name of the task, as in its URL")
        parser.add_argument("--seeds", type=int, default=10)
        parser.add_argument("--first", type=int, default=20, help="labels to begin with, at random")
        parser.add_argument("--each", type=int, default=20, help="labels a round")
        parser.add_argument("--rounds", type=int, default=14)
        parser.add_argument("--json", type=Path, metavar="FILE", help="write the curves there")

    def handle(self, *args: Any, **options: Any) -> None:
        task = Task.objects.filter(name=options["task"]).select_related("label_set").first()
        if task is None:
            raise CommandError(f"Unknown task: {options['task']}.")
        dataset = Dataset.objects.filter(task=task, status=DatasetStatus.READY).first()
        if dataset is None:
            raise CommandError(f"Build a dataset first: manage.py build_dataset --task {task.name}")
        try:
            pool = pool_of(task, dataset)
            found = summary(curves(
                lambda _seed: pool, seeds=range(options["seeds"]), first=options["first"], each=options["each"],
                rounds=options["rounds"],
            ))  # fmt: skip
        except (MLError, Problem, NotImplementedError, ValueError) as error:
            raise CommandError(str(getattr(error, "detail", error))) from error
        n, goal = found[0]["n_labels"][-1], found[0]["goal"]
        self.stdout.write(f"Random choice reaches macro F1 {goal:.3f} with {n} labels; for the same need:")
        for row in found:
            (needed, _low, _high), (share, low, high) = row["needed"], row["share"]
            self.stdout.write(
                f"  {row['strategy']}: {needed:.0f} labels, {share:.2f} of random's ({low:.2f} to {high:.2f}; "
                f"reached from {row['reached']} of {row['n_seeds']} starts)"
            )
        if options["json"]:
            options["json"].write_text(json.dumps(found, indent=1) + "\n", "utf-8")


def pool_of(task: Task, dataset: Dataset) -> Pool:
    """What a model looks at, by the statistics that the kind watches: the training part to choose from, the test part
    to be judged on. Raises ValueError for kinds without one label an example."""
    kind, folder = kind_for(task), dataset_path(dataset)
    parts = [kind.load_raw(folder, name) for name in ("train", "test")]
    if any(len(part) == 0 for part in parts):
        raise ValueError("The dataset has no held-out test part.")
    manifest = kind.manifest(folder)
    points = [kind.statistics(kind.values(part), manifest) for part in parts]
    truth = [np.asarray(part.y) for part in parts]
    if any(one.ndim != 1 or not np.issubdtype(one.dtype, np.integer) for one in truth) or not points[0].shape[1]:
        raise ValueError("Labelling can only be played through for tasks with one label an example.")
    return Pool(np.nan_to_num(points[0]), truth[0], np.nan_to_num(points[1]), truth[1], tuple(parts[0].labels))
