"""Building datasets: a row and a job that exports rows to files."""

import logging
import shutil
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import BigIntegerField, Max, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from mlops.datasets.models import Dataset, DatasetStatus, DatasetSubject
from mlops.datasets.services.files import dataset_path, folder_bytes
from mlops.jobs.models import Job, JobStatus
from mlops.jobs.services.jobs import job_create
from mlops.kinds.base import TaskKind
from mlops.kinds.examples import Built
from mlops.kinds.options import options_check, options_of
from mlops.kinds.splitting import groups_check
from mlops.tasks.models import Task
from mlops.tasks.selectors import kind_for
from web.services.space import account_require

logger = logging.getLogger(__name__)

FIRST_BYTES = 64 * 1024 * 1024
"""Promised to the first dataset of a task."""


def dataset_create(
    *, task: Task, owner: Any, parameters: dict[str, Any] | None = None, is_demo: bool = False
) -> Dataset:
    """Start building a dataset of what is labelled now.

    parameters: fields of the kind's `Build`; what is left out takes its default.
    Raises ValidationError for impossible ones, Problem 409 `kind_missing`, 507 `insufficient_storage`, QuotaExceeded.
    """
    checked = parameters_check(kind_for(task), parameters or {})
    account_require(owner)
    with transaction.atomic():
        dataset = Dataset(task=task, parameters=checked, owner=owner, is_demo=is_demo)
        dataset.job = job_create(
            kind="dataset.build",
            title=_("Build dataset for %(task)s") % {"task": task.title},
            owner=owner,
            parameters={"dataset": str(dataset.pk)},
            is_engine=True,
            is_demo=is_demo,
        )
        dataset.save(force_insert=True)
    return dataset


def parameters_check(kind: TaskKind, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters of a build as the kind's `Build` declares them, all of them. Raises ValidationError by field."""
    return options_check(options_of(kind.Build), parameters, missing="Unknown build option.")


def dataset_clear(dataset: Dataset) -> None:
    """Remove what an earlier attempt wrote, before building again."""
    shutil.rmtree(dataset_path(dataset), ignore_errors=True)
    dataset_path(dataset).mkdir(parents=True)


def dataset_store(*, dataset: Dataset, built: Built, amount: float) -> None:
    """Write what a build left; call inside the job's final commit. `amount`: all that was labelled then.

    Raises BadValue for a group that cannot name a folder: erasing deletes shards/<group>/.
    """
    groups_check(built.groups)
    DatasetSubject.objects.filter(dataset=dataset).delete()
    DatasetSubject.objects.bulk_create(
        DatasetSubject(dataset=dataset, subject=name, part=group.part, n_examples=group.n_examples, owner=group.owner)
        for name, group in built.groups.items()
    )
    n_examples = sum(group.n_examples for group in built.groups.values())
    n_bytes = folder_bytes(dataset_path(dataset))
    counts = {"n_examples": n_examples, "n_groups": len(built.groups), "n_bytes": n_bytes}
    facts = {**counts, **built.facts, "amount_at_build": amount}
    Dataset.objects.filter(pk=dataset.pk).update(
        status=DatasetStatus.READY, content_hash=built.content_hash, facts=facts
    )


def datasets_kept(owner: Any) -> QuerySet[Dataset]:
    """The datasets of one person, each with the bytes it takes as `kept`."""
    return _sized(owner=owner)


def build_space(job: Job) -> int:
    """Half as much again as the largest dataset of the task so far, and enough for a first one."""
    task = Dataset.objects.filter(pk=job.parameters["dataset"]).values_list("task", flat=True).first()
    largest = _sized(task=task).aggregate(most=Max("kept"))["most"] or 0
    return max(FIRST_BYTES, largest * 3 // 2)


def _sized(**which: Any) -> QuerySet[Dataset]:
    size = Cast(KeyTextTransform("n_bytes", "facts"), BigIntegerField())
    return Dataset.objects.filter(**which).annotate(kept=size)


def datasets_settle() -> None:
    """A chore: datasets whose job ended without success are marked failed and their files removed."""
    stopped = (JobStatus.FAILED, JobStatus.ERRORED, JobStatus.CANCELLED)
    for dataset in Dataset.objects.filter(status=DatasetStatus.BUILDING, job__status__in=stopped):
        if Dataset.objects.filter(pk=dataset.pk, status=DatasetStatus.BUILDING).update(status=DatasetStatus.FAILED):
            shutil.rmtree(dataset_path(dataset), ignore_errors=True)


def dataset_adopt(*, dataset: Dataset, job: Job) -> None:
    """A repeated job takes over the dataset of the one before."""
    Dataset.objects.filter(pk=dataset.pk).update(job=job, status=DatasetStatus.BUILDING)
