"""Versions out to a model hub and in from one: what a request can know is refused at once, the rest is a job."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from mlops.job_kinds import JobContext, JobFailed, TransientError
from mlops.ml.contract import BadArtifact, BadValue, MLError, UnsafeFormat
from mlops.ml.hub import Hub, HubError, Listing, check_repository, check_revision, fetch, inspect, push
from mlops.ml.published import CodeNotAllowed, read_folder
from mlops.models import Dataset, HubPush, Job, ModelVersion, Task
from mlops.services.incoming import (
    check_labels,
    check_task,
    incoming_from_folder,
    incoming_register,
    scratch,
    sentence_of,
)
from mlops.services.jobs import job_create
from mlops.services.publishing import LICENCES, folder_write
from web.refusals import Problem

PUSH, PULL = "hub.push", "hub.pull"


def hub_here() -> Hub:
    """The hub of the settings."""
    return Hub(settings.HUB_ENDPOINT, settings.HF_TOKEN, settings.HUB_TIMEOUT_S)


def push_start(*, version: ModelVersion, repository: str, private: bool, licence: str, by: Any) -> HubPush:
    """Queue an upload of a version.

    Raises Problem 400 `bad_repository`, `bad_licence`, 401 `token_needed`, 409 `retired`, `data_erased`; QuotaExceeded.
    """
    with refusals():
        repository = check_repository(repository)
    if licence not in LICENCES:
        raise Problem(400, "bad_licence", f"Choose one of {', '.join(LICENCES)}.")
    if not settings.HF_TOKEN:
        raise Problem(401, "token_needed", "Set HF_TOKEN to a token that may write to the hub, and restart the site.")
    if version.retired_at is not None:
        raise Problem(409, "retired", "This version is retired.")
    if version.retrain_due_at is not None:
        raise Problem(409, "data_erased", "Somebody took back data it learned from: it is not published any more.")
    with transaction.atomic():
        row = HubPush(
            version=version,
            title=str(version)[:80],
            dataset_hash=version.dataset_hash,
            repository=repository,
            endpoint=settings.HUB_ENDPOINT,
            private=private,
            licence=licence,
            by=by,
        )
        row.job = job_create(
            kind=PUSH,
            title=f"Push {version} to {repository}",
            owner=by,
            parameters={"push": str(row.pk)},
            is_engine=True,
            dedupe_key=f"{PUSH}:{version.pk}:{repository}",
        )
        if row.job.parameters["push"] != str(row.pk):  # the same upload is on its way already
            return HubPush.objects.get(pk=row.job.parameters["push"])
        row.save(force_insert=True)
    return row


def push_run(*, context: JobContext, row: HubPush) -> None:
    """Write the folder, upload it, remember the commit."""
    if row.version is None:
        raise JobFailed("gone", "The version was deleted.")
    with scratch() as made, outcomes():
        folder_write(version=row.version, out=Path(made), licence=row.licence)
        context.step(0, 0, f"Uploading to {row.repository}")
        hub = Hub(row.endpoint, settings.HF_TOKEN, max(60.0, settings.HUB_TIMEOUT_S))
        done = push(hub, Path(made), row.repository, private=row.private, message=f"{row.title} from FitBalance")
    with context.commit():
        HubPush.objects.filter(pk=row.pk).update(commit=done.commit, url=done.url[:400], repository=done.repository)
        context.result.update(
            text=f"Pushed to {done.repository}, commit {done.commit[:10]}.",
            url=f"/ml/versions/{row.version_id}/",
            label="Open the model",
            repository=done.repository,
            commit=done.commit,
            repository_url=done.url,
        )


def pull_start(*, task: Task, repository: str, revision: str, by: Any) -> Job:
    """Look at a repository now, pin its commit and queue the download.

    Raises Problem 400 `bad_repository`, `bad_revision`, `unsafe_format`; 422 `code_not_allowed`, `bad_artifact`;
    and the hub's own refusals: 401/403 `token_needed`, 404 `repository_unknown` or `revision_unknown`, 413 `too_large`,
    429 `rate_limited` with Retry-After, 502 to 504 when it is away.
    """
    check_task(task)
    with refusals():
        repository, revision = check_repository(repository), check_revision(revision)
        listing = inspect(hub_here(), repository, revision)
    return job_create(
        kind=PULL,
        title=f"Pull {repository} for {task.title}",
        owner=by,
        parameters={"task": str(task.pk), "repository": repository, "commit": listing.commit},
        is_engine=True,
        dedupe_key=f"{PULL}:{task.pk}:{repository}:{listing.commit}",
    )


def pull_run(*, context: JobContext, task: Task, repository: str, commit: str) -> None:
    """Fetch the pinned commit, check it, make a version of it."""
    hub = hub_here()
    with scratch() as made, outcomes():
        folder = Path(made)
        listing: Listing = inspect(hub, repository, commit)
        context.log(f"{repository} at {listing.commit[:10]}: {len(listing.files)} files, {listing.n_bytes:,} bytes")
        fetch(hub, listing, folder, lambda done, total: context.step(done, total, "Downloading"))
        published = read_folder(folder)
        check_labels(task, list(published.labels))
        incoming_register(
            context=context, task=task, incoming=incoming_from_folder(published, f"hub:{repository}@{listing.commit}")
        )


def pushes_flag(dataset: Dataset) -> int:
    """Mark what was published of models that learned from a dataset somebody's data was taken out of."""
    if not dataset.content_hash:
        return 0
    rows = HubPush.objects.filter(dataset_hash=dataset.content_hash, data_erased_at__isnull=True)
    return rows.update(data_erased_at=timezone.now())


@contextmanager
def refusals() -> Iterator[None]:
    """Errors of the library as the HTTP answers of a request."""
    try:
        yield
    except HubError as error:
        headers = {"Retry-After": str(error.retry_after_s)} if error.retry_after_s else None
        raise Problem(error.status, error.code, str(error), headers=headers) from error
    except UnsafeFormat as error:
        raise Problem(400, error.code, _said(error)) from error
    except CodeNotAllowed as error:
        raise Problem(422, error.code, _said(error)) from error
    except BadArtifact as error:
        raise Problem(422, error.code, _said(error)) from error
    except BadValue as error:
        code = "bad_revision" if "revision" in str(error) else "bad_repository"
        raise Problem(400, code, _said(error)) from error


@contextmanager
def outcomes() -> Iterator[None]:
    """Errors of the library as the ends of a job: a busy hub is tried again, anything else is a reason."""
    try:
        yield
    except HubError as error:
        if error.is_transient:
            raise TransientError(str(error)) from error
        raise JobFailed(error.code, str(error)) from error
    except MLError as error:
        if error.code == "cancelled" or error.code == "claim_lost":
            raise
        raise sentence_of(error) from error


def _said(error: MLError) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}".rstrip(".") + "."
