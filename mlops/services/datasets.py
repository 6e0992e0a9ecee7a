"""Building datasets: a row and a job that exports rows to files."""

import logging
import shutil
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from mlops.ml.windows import Balance
from mlops.models import Dataset, Job, JobStatus, Task
from mlops.models.dataset import DatasetStatus, DatasetSubject
from mlops.services.artifacts import dataset_path
from mlops.services.jobs import job_create
from mlops.task_kinds import Built, task_kind
from web.refusals import Problem

logger = logging.getLogger(__name__)

SPLITS = {
    "subjects": "Whole people, kept aside",
    "each": "Each person in turn (best with few people)",
    "random": "Random 80/20 (scores too good)",
}
BALANCES: dict[Balance, str] = {
    "none": "As recorded",
    "downsample": "As few of each as the rarest",
    "upsample": "Repeat the rarer ones",
}


def dataset_create(
    *, task: Task, owner: Any, parameters: dict[str, Any] | None = None, is_demo: bool = False
) -> Dataset:
    """Start building a dataset of what is labelled now.

    parameters: split, seed, balance, include_generated; what is left out takes its default.
    Raises ValidationError for impossible ones, Problem 409 `kind_missing`, QuotaExceeded.
    """
    checked = parameters_check(parameters or {})
    kind_for(task)
    with transaction.atomic():
        dataset = Dataset(task=task, parameters=checked, owner=owner, is_demo=is_demo)
        dataset.job = job_create(
            kind="dataset.build",
            title=f"Build a dataset for {task.title}",
            owner=owner,
            parameters={"dataset": str(dataset.pk)},
            is_engine=True,
            is_demo=is_demo,
        )
        dataset.save(force_insert=True)
    return dataset


def parameters_check(parameters: dict[str, Any]) -> dict[str, Any]:
    """Normal form of build parameters. Raises ValidationError by field."""
    checked = {"split": "subjects", "seed": 0, "balance": "none", "include_generated": True, **parameters}
    errors = {}
    if unknown := set(checked) - {"split", "seed", "balance", "include_generated"}:
        errors[min(unknown)[:40]] = ValidationError("This is no build option.", code="unknown_field")
    if checked["split"] not in SPLITS:
        errors["split"] = ValidationError(f"Choose one of {', '.join(SPLITS)}.", code="invalid")
    if checked["balance"] not in BALANCES:
        errors["balance"] = ValidationError(f"Choose one of {', '.join(BALANCES)}.", code="invalid")
    seed = checked["seed"]
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**31:
        errors["seed"] = ValidationError("The seed is a whole number from 0 to 2147483647.", code="invalid")
    if not isinstance(checked["include_generated"], bool):
        errors["include_generated"] = ValidationError("Answer true or false.", code="invalid")
    if errors:
        raise ValidationError(errors)
    return checked


def kind_for(task: Task) -> Any:
    """The registered kind of a task. Problem 409 `kind_missing` when no installed app has it."""
    try:
        return task_kind(task.kind)
    except KeyError:
        raise Problem(
            409, "kind_missing", f"Nothing installed here can handle tasks of the kind {task.kind}."
        ) from None


def dataset_clear(dataset: Dataset) -> None:
    """Remove what an earlier attempt wrote, before building again."""
    shutil.rmtree(dataset_path(dataset), ignore_errors=True)
    dataset_path(dataset).mkdir(parents=True)


def dataset_store(*, dataset: Dataset, built: Built, labelled_s: float) -> None:
    """Write what a build left; call inside the job's final commit. `labelled_s`: all that was labelled then."""
    DatasetSubject.objects.filter(dataset=dataset).delete()
    DatasetSubject.objects.bulk_create(
        DatasetSubject(dataset=dataset, subject=subject, part=part, n_windows=n_windows)
        for subject, (part, n_windows) in built.subjects.items()
    )
    facts = {**built.facts, "labelled_s_at_build": labelled_s}
    Dataset.objects.filter(pk=dataset.pk).update(
        status=DatasetStatus.READY, content_hash=built.content_hash, facts=facts
    )


def datasets_settle() -> None:
    """A chore: datasets whose job ended without success are marked failed and their files removed."""
    stopped = (JobStatus.FAILED, JobStatus.ERRORED, JobStatus.CANCELLED)
    for dataset in Dataset.objects.filter(status=DatasetStatus.BUILDING, job__status__in=stopped):
        if Dataset.objects.filter(pk=dataset.pk, status=DatasetStatus.BUILDING).update(status=DatasetStatus.FAILED):
            shutil.rmtree(dataset_path(dataset), ignore_errors=True)


def dataset_adopt(*, dataset: Dataset, job: Job) -> None:
    """A repeated job takes over the dataset of the one before."""
    Dataset.objects.filter(pk=dataset.pk).update(job=job, status=DatasetStatus.BUILDING)
