"""Versions out to a model hub: what a request can know is refused at once, the upload is a job."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from mlops.datasets.models import Dataset
from mlops.exchange.models import HubPush
from mlops.exchange.services.imports import scratch
from mlops.exchange.services.publishing import LICENCES, folder_write
from mlops.exchange.services.refusals import outcomes, refusals
from mlops.jobs.kinds import JobContext, JobFailed
from mlops.jobs.services.jobs import job_create
from mlops.ml.hub import Hub, check_repository, push
from mlops.registry.models import ModelVersion
from web.refusals import Problem

PUSH = "hub.push"


def push_start(*, version: ModelVersion, repository: str, private: bool, licence: str, by: Any) -> HubPush:
    """Queue an upload of a version.

    Raises Problem 400 `bad_repository`, `bad_licence`, 401 `token_needed`, 409 `retired`, `data_erased`; QuotaExceeded.
    """
    with refusals("bad_repository"):
        repository = check_repository(repository)
    if licence not in LICENCES:
        raise Problem(400, "bad_licence", f"Choose one of {', '.join(LICENCES)}.")
    if not settings.HF_TOKEN:
        raise Problem(401, "token_needed", _(
            "Set HF_TOKEN to a token with write access to the hub, and restart the site."
        ))
    if version.retired_at is not None:
        raise Problem(409, "retired", _("This version is retired."))
    if version.retrain_due_at is not None:
        raise Problem(409, "data_erased", _(
            "Someone withdrew data that this version was trained on, so you can't publish it."
        ))
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
            title=_("Push %(version)s to %(repository)s") % {"version": version, "repository": repository},
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
        raise JobFailed("gone", _("The version was deleted."))
    with scratch() as made, outcomes():
        folder_write(version=row.version, out=Path(made), licence=row.licence)
        context.step(0, 0, _("Uploading to %(repository)s") % {"repository": row.repository})
        hub = Hub(row.endpoint, settings.HF_TOKEN, max(60.0, settings.HUB_TIMEOUT_S))
        done = push(hub, Path(made), row.repository, private=row.private, message=f"{row.title} from FitBalance")
    with context.commit():
        HubPush.objects.filter(pk=row.pk).update(commit=done.commit, url=done.url[:400], repository=done.repository)
        context.result.update(
            text=_("Pushed to %(repository)s, commit %(commit)s.") % {
                "repository": done.repository, "commit": done.commit[:10]
            },
            url=f"/ml/versions/{row.version_id}/",
            label=_("Open model"),
            repository=done.repository,
            commit=done.commit,
            repository_url=done.url,
        )


def pushes_flag(dataset: Dataset) -> int:
    """Mark what was published of models that learned from a dataset somebody's data was taken out of."""
    if not dataset.content_hash:
        return 0
    rows = HubPush.objects.filter(dataset_hash=dataset.content_hash, data_erased_at__isnull=True)
    return rows.update(data_erased_at=timezone.now())
