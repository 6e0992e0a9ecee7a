"""Versions that answer at a web address, with a local model that answers while the address is away."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext as _

from mlops.exchange.services.imports import import_register
from mlops.exchange.services.refusals import outcomes, refusals
from mlops.jobs.kinds import JobContext, JobFailed
from mlops.jobs.models import Job
from mlops.jobs.services.jobs import job_create
from mlops.kinds.base import task_kind
from mlops.ml.artifact import read_manifest
from mlops.ml.contract import BadArtifact
from mlops.ml.remote import Policy, check_address, configure
from mlops.registry.selectors import champion_of
from mlops.registry.services.artifacts import artifact_path
from mlops.tasks.models import Task
from mlops.tasks.selectors import kind_for
from web.refusals import Problem

REMOTE = "version.remote"
NO_CHAMPION = _("Promote a local model first. It serves while the remote model is unreachable.")


def policy_apply() -> None:
    """Give the library this site's rules for remote addresses. Called once from AppConfig.ready()."""
    configure(
        Policy(tuple(settings.REMOTE_MODEL_HOSTS), settings.REMOTE_MODEL_ALLOW_PRIVATE, settings.REMOTE_MODEL_TIMEOUT_S)
    )


def connect_start(*, task: Task, url: str, by: Any) -> Job:
    """Queue the registration of an address.

    Raises Problem 400 `bad_address`, 409 `not_remote`, `no_champion`; QuotaExceeded.
    """
    kind = kind_for(task)
    kind.exchange.check_remote(kind, task)
    with refusals("bad_address"):
        url = check_address(url)
    if champion_of(task) is None:
        raise Problem(409, "no_champion", NO_CHAMPION)
    return job_create(
        kind=REMOTE,
        title=gettext("Connect remote model for %(task)s") % {"task": task.title},
        owner=by,
        parameters={"task": str(task.pk), "url": url},
        is_engine=True,
        dedupe_key=f"{REMOTE}:{task.pk}:{url}"[:128],
    )


def connect_run(*, context: JobContext, task: Task, url: str) -> None:
    """Evaluate the address on our held-out data and register it beside a copy of the champion."""
    kind, champion = task_kind(task.kind), champion_of(task)
    if champion is None:
        raise JobFailed("no_champion", str(NO_CHAMPION))
    source = artifact_path(champion)
    try:
        known = read_manifest(source)
    except BadArtifact as error:
        text = gettext("The champion's files failed a check: %(error)s.") % {"error": error}
        raise JobFailed("bad_artifact", text) from error
    with outcomes():
        imported = kind.exchange.connect(kind, url, str(champion), source, known)
        import_register(context=context, task=task, imported=imported, origin=f"remote:{url}")
