"""Training runs: a row and a job on the train queue."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from mlops.models import Dataset, Job, Run, Task
from mlops.models.dataset import DatasetStatus
from mlops.selectors.estimators import config_check, estimator_infos
from mlops.services.datasets import kind_for
from mlops.services.jobs import job_create
from web.refusals import Problem


def run_create(
    *,
    task: Task,
    dataset: Dataset,
    estimator: str,
    owner: Any,
    config: dict[str, Any] | None = None,
    seed: int = 0,
    is_demo: bool = False,
) -> Run:
    """Start a training. `config` holds only what differs from the estimator's defaults.

    Raises ValidationError by field, Problem 409 `dataset_not_ready`, QuotaExceeded.
    """
    if dataset.task_id != task.pk:
        raise ValidationError({"dataset": ValidationError("This dataset belongs to another task.", code="invalid")})
    if dataset.status != DatasetStatus.READY:
        raise Problem(409, "dataset_not_ready", f"The dataset is not ready: {dataset.get_status_display().lower()}.")
    allowed = estimators_for(task)
    if estimator not in allowed:
        message = f"Choose one of {', '.join(allowed)}."
        raise ValidationError({"estimator": ValidationError(message, code="invalid")})
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**31:
        raise ValidationError(
            {"seed": ValidationError("The seed is a whole number from 0 to 2147483647.", code="invalid")}
        )
    checked = config_check(estimator=estimator, values=config or {})
    with transaction.atomic():
        run = Run(task=task, dataset=dataset, estimator=estimator, config=checked, seed=seed, is_demo=is_demo)
        run.job = job_create(
            kind="run.train",
            title=f"Train {estimator_infos()[estimator].title} for {task.title}",
            owner=owner,
            parameters={"run": str(run.pk)},
            is_engine=True,
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
