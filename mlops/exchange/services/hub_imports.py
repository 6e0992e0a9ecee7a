"""A repository of a model hub comes in as a version: looked at in the request, fetched at one commit by a job."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from mlops.exchange.services.imports import import_register, scratch
from mlops.exchange.services.refusals import outcomes, refusals
from mlops.jobs.kinds import JobContext
from mlops.jobs.models import Job
from mlops.jobs.services.jobs import job_create
from mlops.kinds.base import task_kind
from mlops.ml.hub import Hub, check_repository, check_revision, fetch, inspect
from mlops.tasks.models import Task
from mlops.tasks.selectors import kind_for

PULL = "hub.pull"


def hub_here() -> Hub:
    """The hub of the settings."""
    return Hub(settings.HUB_ENDPOINT, settings.HF_TOKEN, settings.HUB_TIMEOUT_S)


def hub_import_start(*, task: Task, repository: str, revision: str, by: Any) -> Job:
    """Look at a repository now, pin its commit and queue the download.

    Raises Problem 400 `bad_repository`, `bad_revision`, `unsafe_format`; 409 where no model can come in; 422
    `code_not_allowed`, `bad_artifact`; and the hub's own refusals: 401/403 `token_needed`, 404 `repository_unknown` or
    `revision_unknown`, 413 `too_large`, 429 `rate_limited` with Retry-After, 502 to 504 when it is away.
    """
    kind = kind_for(task)
    kind.exchange.check_task(kind, task)
    with refusals("bad_repository"):
        repository = check_repository(repository)
    with refusals("bad_revision"):
        revision = check_revision(revision)
        listing = inspect(hub_here(), repository, revision, rules=kind.exchange.rules)
    return job_create(
        kind=PULL,
        title=_("Import %(name)s for %(task)s") % {"name": repository, "task": task.title},
        owner=by,
        parameters={"task": str(task.pk), "repository": repository, "commit": listing.commit},
        is_engine=True,
        dedupe_key=f"{PULL}:{task.pk}:{repository}:{listing.commit}",
    )


def hub_import_run(*, context: JobContext, task: Task, repository: str, commit: str) -> None:
    """Fetch the pinned commit, check it, make a version of it."""
    hub, kind = hub_here(), task_kind(task.kind)
    with scratch() as made, outcomes():
        folder = Path(made)
        listing = inspect(hub, repository, commit, rules=kind.exchange.rules)
        context.log(f"{repository} at {listing.commit[:10]}: {len(listing.files)} files, {listing.n_bytes:,} bytes")
        fetch(hub, listing, folder, lambda done, total: context.step(done, total, _("Downloading")))
        imported = kind.exchange.read_folder(kind, task, folder)
        import_register(context=context, task=task, imported=imported, origin=f"hub:{repository}@{listing.commit}")
