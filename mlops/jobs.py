"""The engine's own background jobs."""

import uuid
from pathlib import Path
from typing import Any

from django.conf import settings
from django.urls import reverse

from accounts.models import User
from accounts.services.erase import erase_account
from accounts.services.export import export_account
from mlops.job_kinds import JobContext, JobFailed, job_kind
from mlops.models import Dataset, Job, Run, Study
from mlops.models.dataset import DatasetStatus
from mlops.services.account_jobs import export_relative
from mlops.services.artifacts import artifacts_clean, dataset_path
from mlops.services.datasets import dataset_adopt, dataset_clear, dataset_store
from mlops.services.redaction import subject_redact
from mlops.services.runs import run_adopt
from mlops.services.studies import study_adopt
from mlops.services.study_steps import study_step
from mlops.services.training import run_train
from mlops.services.trials import trial_run
from mlops.task_kinds import task_kind


@job_kind("dataset.build", timeout_s=2 * 3600)
def dataset_build(context: JobContext) -> dict[str, Any]:
    """Export everything that is labelled and may be learned from. Parameters: dataset (id)."""
    dataset = Dataset.objects.select_related("task", "task__label_set").filter(pk=_id(context, "dataset")).first()
    if dataset is None or dataset.status == DatasetStatus.READY:
        raise JobFailed("gone", "The dataset is not there any more, or is ready already.")
    with context.commit(final=False):
        dataset_adopt(dataset=dataset, job=context.job)
    dataset_clear(dataset)
    kind = task_kind(dataset.task.kind)
    labelled_s = sum(kind.summary(dataset.task).labelled_s.values())
    built = kind.build(
        dataset.task,
        dataset.parameters,
        dataset_path(dataset),
        lambda done, total: context.step(done, total, "Cutting windows"),
    )
    n_windows = built.facts.get("n_windows", 0)
    with context.commit():
        dataset_store(dataset=dataset, built=built, labelled_s=labelled_s)
        context.result.update(
            url=reverse("mlops:dataset", args=[dataset.pk]),
            label="Open the dataset",
            dataset=str(dataset.pk),
            text=f"{n_windows:,} windows of {len(built.subjects)} people.",
        )
    return {}


@job_kind("run.train", queue="train", timeout_s=12 * 3600)
def run_training(context: JobContext) -> dict[str, Any]:
    """Train, judge and register one version; a trial of a study is only scored. Parameters: run (id)."""
    rows = Run.objects.select_related("task", "task__label_set", "dataset", "study__task")
    run = rows.filter(pk=_id(context, "run"), version__isnull=True).first()
    if run is None:
        raise JobFailed("gone", "The run is not there any more, or has made its version already.")
    if run.dataset.status != DatasetStatus.READY:
        raise JobFailed("dataset_not_ready", "The dataset is not ready. Build a new one.")
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
    study = rows.filter(pk=_id(context, "study")).first()
    if study is None:
        raise JobFailed("gone", "The study is not there any more.")
    if study.dataset.status != DatasetStatus.READY:
        raise JobFailed("dataset_not_ready", "The dataset is not ready any more. Build a new one.")
    if study.job_id != context.job.pk:
        with context.commit(final=False):
            study_adopt(study=study, job=context.job)
    study_step(context, study)
    return {}


def _id(context: JobContext, name: str) -> uuid.UUID:
    return uuid.UUID(str(context.parameters[name]))


@job_kind("account.export", timeout_s=3600)
def account_export(context: JobContext) -> dict[str, Any]:
    """Everything about the owner as one ZIP. Parameters: user (id)."""
    user = User.objects.get(pk=context.parameters["user"])
    path = Path(settings.MEDIA_ROOT, export_relative(context.job))
    try:
        facts = export_account(user=user, path=path, step=context.step)
        n_rows, n_files = sum(facts.rows.values()), sum(facts.files.values())
        with context.commit():
            context.result.update(
                url=reverse("mlops:export_download", args=[context.job.pk]),
                label="Download the ZIP",
                text=f"{n_rows:,} rows and {n_files:,} files. It is kept for a week.",
            )
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return {}


@job_kind("account.erase", timeout_s=3600)
def account_erase(context: JobContext) -> dict[str, Any]:
    """Erase a person. Parameters: user (id), by (id of who asked). May be repeated after an interruption."""
    user = User.objects.filter(pk=context.parameters["user"]).first()
    if user is not None:
        by = User.objects.filter(pk=context.parameters["by"]).first() or user
        erase_account(user=user, by=by, step=context.step)
    with context.commit():
        Job.objects.filter(pk=context.job.pk).update(parameters={}, dedupe_key="")
    return {"text": "Erased."}


@job_kind("subject.redact", timeout_s=3600)
def redact(context: JobContext) -> dict[str, Any]:
    """Take a subject out of all datasets. Parameters: subject (pseudonym), scope (of learning, all without one)."""
    n_redacted = subject_redact(context.parameters["subject"], context.parameters.get("scope", ""))
    with context.commit():
        Job.objects.filter(pk=context.job.pk).update(parameters={}, dedupe_key="")
    return {"text": f"Removed from {n_redacted} datasets."}
