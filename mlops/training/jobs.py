"""Trainings, searches and retraining in the background."""

from typing import Any

from django.utils.translation import gettext as _

from mlops.datasets.models import DatasetStatus
from mlops.jobs.kinds import JobContext, JobFailed, job_kind, row_id
from mlops.jobs.models import Job
from mlops.registry.services.artifacts import artifacts_clean
from mlops.tasks.selectors import task_of
from mlops.training.models.run import Run
from mlops.training.models.study import Study
from mlops.training.services.retraining import retrain_step
from mlops.training.services.runs import run_adopt
from mlops.training.services.studies import study_adopt
from mlops.training.services.study_steps import study_step
from mlops.training.services.training import run_train
from mlops.training.services.trials import trial_run

TRAINING_BYTES = 64 * 1024 * 1024
"""The model itself, its checkpoints and pictures."""


def train_space(job: Job) -> int:
    """Its examples may be written out once for other processes, beside the model."""
    run = Run.objects.select_related("dataset").filter(pk=job.parameters["run"]).first()
    return TRAINING_BYTES + int((run.dataset.facts.get("n_bytes") if run is not None else 0) or 0)


@job_kind("run.train", queue="train", timeout_s=12 * 3600, space=train_space)
def run_training(context: JobContext) -> dict[str, Any]:
    """Train, judge and register one version; a trial of a study is only scored. Parameters: run (id)."""
    rows = Run.objects.select_related(
        "task", "task__label_set", "dataset", "study__task", "parent__run__dataset", "parent__task"
    )
    run = rows.filter(pk=row_id(context, "run"), version__isnull=True).first()
    if run is None:
        raise JobFailed("gone", _("The run no longer exists, or has already created its version."))
    if run.dataset.status != DatasetStatus.READY:
        raise JobFailed("dataset_not_ready", _("The dataset is not ready. Build a new one."))
    with context.commit(final=False):
        run_adopt(run=run, job=context.job)
    if run.is_trial:
        trial_run(context=context, run=run)
        return {}
    artifacts_clean(run=run, before_attempt=context.job.attempt)
    run_train(context=context, run=run)
    return {}


@job_kind("study.search", timeout_s=900)
def study_search(context: JobContext) -> dict[str, Any]:
    """One step of a search: start trials, choose the winner, or wait. Parameters: study (id)."""
    rows = Study.objects.select_related("task", "task__label_set", "dataset")
    study = rows.filter(pk=row_id(context, "study")).first()
    if study is None:
        raise JobFailed("gone", _("The search no longer exists."))
    if study.dataset.status != DatasetStatus.READY:
        raise JobFailed("dataset_not_ready", _("The dataset is no longer ready. Build a new one."))
    if study.job_id != context.job.pk:
        with context.commit(final=False):
            study_adopt(study=study, job=context.job)
    study_step(context, study)
    return {}


@job_kind("task.retrain", timeout_s=24 * 3600)
def retrain(context: JobContext) -> dict[str, Any]:
    """Dataset, training and comparison, one after the other. Parameters: task, champion (ids)."""
    retrain_step(context=context, task=task_of(context))
    return {}
