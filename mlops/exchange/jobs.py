"""Background jobs of what goes out and comes in: pushes, imports, connections, and evaluating them again."""

import uuid
from typing import Any

from django.utils.translation import gettext as _

from mlops.exchange.models import HubPush
from mlops.exchange.services.connections import REMOTE, connect_run
from mlops.exchange.services.evaluation import EVALUATE, evaluate_run, newest_dataset
from mlops.exchange.services.file_imports import IMPORT, file_import_run
from mlops.exchange.services.hub_imports import PULL, hub_import_run
from mlops.exchange.services.pushes import PUSH, push_run
from mlops.exchange.services.refusals import outcomes
from mlops.jobs.kinds import JobContext, JobFailed, job_kind
from mlops.registry.models import ModelVersion
from mlops.registry.services.artifacts import artifact_path
from mlops.tasks.selectors import task_of
from web.models import Upload


@job_kind(PUSH, timeout_s=1800)
def hub_push(context: JobContext) -> dict[str, Any]:
    """Upload a version. Parameters: push (id)."""
    row = HubPush.objects.select_related("version__task").filter(pk=_id(context, "push")).first()
    if row is None:
        raise JobFailed("gone", _("The version was deleted."))
    push_run(context=context, row=row)
    return {}


@job_kind(PULL, queue="train", timeout_s=3600)
def hub_pull(context: JobContext) -> dict[str, Any]:
    """Download, check, evaluate and register. Parameters: task (id), repository, commit."""
    given = context.parameters
    hub_import_run(
        context=context, task=task_of(context), repository=str(given["repository"]), commit=str(given["commit"])
    )
    return {}


@job_kind(IMPORT, queue="train", timeout_s=3600)
def version_import(context: JobContext) -> dict[str, Any]:
    """Check, evaluate and register an uploaded file. Parameters: task, upload (ids), form, declared, claimed."""
    upload = Upload.objects.filter(pk=_id(context, "upload")).first()
    if upload is None:
        raise JobFailed("gone", _("The uploaded file no longer exists. Upload it again."))
    file_import_run(context=context, task=task_of(context), upload=upload)
    return {}


@job_kind(EVALUATE, queue="train", timeout_s=3600)
def evaluate_again(context: JobContext) -> dict[str, Any]:
    """Evaluate a version from elsewhere on the newest dataset. Parameters: version (id)."""
    version = ModelVersion.objects.select_related("task").filter(pk=_id(context, "version")).first()
    if version is None:
        raise JobFailed("gone", _("The version was deleted."))
    dataset = newest_dataset(version.task)
    if dataset is None:
        raise JobFailed("no_dataset", _("This task has no dataset yet. Build one, then evaluate again."))
    with outcomes():
        evaluate_run(context=context, version=version, path=artifact_path(version), dataset=dataset)
    return {}


@job_kind(REMOTE, queue="train", timeout_s=3600)
def version_remote(context: JobContext) -> dict[str, Any]:
    """Evaluate and register an address. Parameters: task (id), url."""
    connect_run(context=context, task=task_of(context), url=str(context.parameters["url"]))
    return {}


def _id(context: JobContext, name: str) -> uuid.UUID:
    return uuid.UUID(str(context.parameters[name]))
