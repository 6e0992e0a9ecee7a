"""Training runs: a row and a job on the train queue."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from mlops.datasets.models import Dataset, DatasetStatus
from mlops.jobs.models import Job
from mlops.jobs.services.jobs import job_create
from mlops.kinds.estimators import config_check, estimator_infos
from mlops.registry.models import ModelVersion
from mlops.tasks.models import Task
from mlops.tasks.selectors import kind_for
from mlops.training.models.run import Run
from mlops.training.services.parents import parent_check, parent_config
from web.refusals import Problem
from web.services.space import account_require


def run_create(
    *,
    task: Task,
    dataset: Dataset,
    owner: Any,
    estimator: str = "",
    config: dict[str, Any] | None = None,
    seed: int = 0,
    is_demo: bool = False,
    parent: ModelVersion | None = None,
    compare_full: bool = False,
) -> Run:
    """Start a training. `config` holds only what differs from the estimator's defaults; without an `estimator` it is
    the one that the task's kind recommends.

    parent        go on from this version with what the dataset has that is new; estimator and settings are its own
    compare_full  train in full as well and report both, for a run with a parent

    Raises ValidationError by field, Problem 409 `dataset_not_ready`, 507 `insufficient_storage`, QuotaExceeded.
    """
    if dataset.task_id != task.pk:
        raise ValidationError({"dataset": ValidationError(_("This dataset belongs to another task."), code="invalid")})
    if dataset.status != DatasetStatus.READY:
        raise Problem(409, "dataset_not_ready", _(
            "The dataset is not ready: %(dataset)s."
        ) % {"dataset": dataset.get_status_display().lower()})
    if parent is not None:
        parent_check(task=task, dataset=dataset, parent=parent)
        estimator, config = estimator or parent.estimator, {**parent_config(parent), **(config or {})}
        if estimator != parent.estimator:
            message = _("A version can only be continued with its own estimator.")
            raise ValidationError({"estimator": ValidationError(message, code="invalid")})
    elif compare_full:
        message = _("Choose the version to continue from.")
        raise ValidationError({"parent": ValidationError(message, code="required")})
    allowed = estimators_for(task)
    estimator = estimator or next(iter(allowed), "")
    if estimator not in allowed:
        message = f"Choose one of {', '.join(allowed)}."
        raise ValidationError({"estimator": ValidationError(message, code="invalid")})
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**31:
        raise ValidationError(
            {"seed": ValidationError("The seed must be a whole number from 0 to 2147483647.", code="invalid")}
        )
    checked = config_check(estimator=estimator, values=config or {})
    account_require(owner)
    with transaction.atomic():
        run = Run(
            task=task, dataset=dataset, estimator=estimator, config=checked, seed=seed, is_demo=is_demo, parent=parent,
            compare_full=compare_full,
        )  # fmt: skip
        run.job = job_create(
            kind="run.train",
            title=_("Train %(model)s for %(task)s") % {"model": estimator_infos()[estimator].title, "task": task.title},
            owner=owner,
            parameters={"run": str(run.pk)},
            is_engine=True,
            queue=kind_for(task).queue,
            is_demo=is_demo,
        )
        run.save(force_insert=True)
    return run


def estimators_for(task: Task) -> list[str]:
    """Names that the task's kind allows and that are described for forms, the recommended one first."""
    known = estimator_infos()
    return [name for name in kind_for(task).estimators if name in known]


def run_adopt(*, run: Run, job: Job) -> None:
    """A repeated job takes over the run of the one before and starts its curve again."""
    Run.objects.filter(pk=run.pk).update(job=job, curve=[])
