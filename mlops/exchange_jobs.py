"""Background jobs of what goes out and comes in: hub pushes and pulls, imported model files, judging them."""

import uuid
from typing import Any

from mlops.job_kinds import JobContext, JobFailed, job_kind
from mlops.models import HubPush, ModelVersion, Task
from mlops.services.artifacts import artifact_path
from mlops.services.hub import PULL, PUSH, pull_run, push_run
from mlops.services.incoming import dataset_to_judge_on, version_judge
from mlops.services.model_files import IMPORT, Declared, import_run
from mlops.services.remote_models import REMOTE, remote_run
from web.models import Upload

JUDGE = "version.judge"


@job_kind(PUSH, timeout_s=1800)
def hub_push(context: JobContext) -> dict[str, Any]:
    """Upload a version. Parameters: push (id)."""
    row = HubPush.objects.select_related("version__task").filter(pk=_id(context, "push")).first()
    if row is None:
        raise JobFailed("gone", "The version was deleted.")
    push_run(context=context, row=row)
    return {}


@job_kind(PULL, queue="train", timeout_s=3600)
def hub_pull(context: JobContext) -> dict[str, Any]:
    """Download, check, judge and register. Parameters: task (id), repository, commit."""
    pull_run(
        context=context,
        task=_task(context),
        repository=str(context.parameters["repository"]),
        commit=str(context.parameters["commit"]),
    )
    return {}


@job_kind(IMPORT, queue="train", timeout_s=3600)
def version_import(context: JobContext) -> dict[str, Any]:
    """Check, judge and register an uploaded file. Parameters: task, upload (ids), form, declared."""
    upload = Upload.objects.filter(pk=_id(context, "upload")).first()
    if upload is None:
        raise JobFailed("gone", "The uploaded file is not there any more. Upload it again.")
    given = dict(context.parameters["declared"])
    declared = Declared(**{**given, "labels": tuple(given["labels"]), "channels": tuple(given["channels"])})
    import_run(
        context=context, task=_task(context), upload=upload, form=str(context.parameters["form"]), declared=declared
    )
    return {}


@job_kind(JUDGE, queue="train", timeout_s=3600)
def judge_again(context: JobContext) -> dict[str, Any]:
    """Judge a version from elsewhere on the newest dataset. Parameters: version (id)."""
    version = ModelVersion.objects.select_related("task").filter(pk=_id(context, "version")).first()
    if version is None:
        raise JobFailed("gone", "The version was deleted.")
    dataset = dataset_to_judge_on(version.task)
    if dataset is None:
        raise JobFailed("no_dataset", "This task has no dataset yet. Build one, then judge again.")
    version_judge(context=context, version=version, path=artifact_path(version), dataset=dataset)
    return {}


@job_kind(REMOTE, queue="train", timeout_s=3600)
def remote_register(context: JobContext) -> dict[str, Any]:
    """Judge and register an address. Parameters: task (id), url."""
    remote_run(context=context, task=_task(context), url=str(context.parameters["url"]))
    return {}


def _task(context: JobContext) -> Task:
    task = Task.objects.select_related("label_set").filter(pk=_id(context, "task")).first()
    if task is None:
        raise JobFailed("gone", "The task was deleted.")
    return task


def _id(context: JobContext, name: str) -> uuid.UUID:
    return uuid.UUID(str(context.parameters[name]))
