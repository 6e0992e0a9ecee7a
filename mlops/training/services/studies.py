"""Studies: a search for good settings, started here and carried on by `study_steps`."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from mlops.datasets.models import Dataset, DatasetStatus
from mlops.jobs.models import Job
from mlops.jobs.services.jobs import job_create
from mlops.kinds.estimators import config_check, estimator_infos
from mlops.tasks.models import Task
from mlops.tasks.selectors import kind_for
from mlops.training.models.study import Study
from mlops.training.selectors.search_space import space_check, space_suggest
from mlops.training.services.runs import estimators_for
from web.refusals import Problem

MAX_TRIALS = 200
MAX_PARALLEL = 8


def study_create(
    *,
    task: Task,
    dataset: Dataset,
    owner: Any,
    estimator: str = "",
    n_trials: int = 20,
    n_parallel: int = 1,
    seed: int = 0,
    prune: bool = True,
    space: dict[str, Any] | None = None,
    config: dict[str, Any] | None = None,
    is_demo: bool = False,
) -> Study:
    """Search the settings of an estimator. `space` None: every option with limits; `config`: what stays fixed.

    Trials are judged on the validation people; the test people are touched once, by the winner. So the dataset
    must keep both aside: 409 `no_untouched_test` otherwise. Raises ValidationError, Problem 409, QuotaExceeded.
    """
    if dataset.task_id != task.pk:
        raise ValidationError({"dataset": ValidationError(_("This dataset belongs to another task."), code="invalid")})
    if dataset.status != DatasetStatus.READY:
        raise Problem(409, "dataset_not_ready", _(
            "The dataset is not ready: %(dataset)s."
        ) % {"dataset": dataset.get_status_display().lower()})
    check_untouched(dataset)
    allowed = estimators_for(task)
    estimator = estimator or next(iter(allowed), "")
    if estimator not in allowed:
        raise ValidationError({"estimator": ValidationError(f"Choose one of {', '.join(allowed)}.", code="invalid")})
    info, kind = estimator_infos()[estimator], kind_for(task)
    whole = {
        "n_trials": (n_trials, 1, MAX_TRIALS),
        "n_parallel": (n_parallel, 1, MAX_PARALLEL),
        "seed": (seed, 0, 2**31 - 1),
    }
    for name, (value, low, high) in whole.items():
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            message = _("Enter a whole number from %(low)s to %(high)s.") % {"low": low, "high": high}
            raise ValidationError({name: ValidationError(message, code="invalid")})
    searched = space_check(info, space_suggest(info) if space is None else space)
    if both := sorted(set(searched) & set(config or {})):
        raise ValidationError({both[0]: ValidationError(_(
            "An option is either fixed or searched, not both."
        ), code="invalid")})
    fixed = config_check(estimator=estimator, values=config or {})
    with transaction.atomic():
        study = Study(
            task=task,
            dataset=dataset,
            estimator=estimator,
            space=searched,
            config={name: value for name, value in fixed.items() if name not in searched},
            n_trials=n_trials,
            n_parallel=n_parallel,
            seed=seed,
            prune=bool(prune),
            metric=kind.primary.name,
            higher_is_better=kind.primary.higher_is_better,
            owner=owner,
            is_demo=is_demo,
        )
        study.job = job_create(
            kind="study.search",
            title=_("Search settings of %(model)s for %(task)s") % {"model": info.title, "task": task.title},
            owner=owner,
            parameters={"study": str(study.pk)},
            is_engine=True,
            is_demo=is_demo,
        )
        study.save(force_insert=True)
    return study


def study_adopt(*, study: Study, job: Job) -> None:
    """A repeated job takes over the study of the one before; its finished trials stay."""
    Study.objects.filter(pk=study.pk).update(job=job)


def check_untouched(dataset: Dataset) -> None:
    """Raise 409 `no_untouched_test` unless some groups judge only the winner and others choose among the trials."""
    if dataset.facts.get("split", {}).get("how") == "random":
        return
    parts = set(dataset.subjects.filter(redacted_at__isnull=True).values_list("part", flat=True))
    if not {"train", "val", "test"} <= parts:
        groups = dataset.task.example.groups
        raise Problem(
            409,
            "no_untouched_test",
            _(
                "A search needs separate %(groups)s for validation and test. Build a dataset of at least three "
                "%(groups)s that is split by %(groups)s."
            ) % {"groups": groups},
        )
