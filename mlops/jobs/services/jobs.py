"""Making, stopping and repeating jobs. The row comes first; RQ only carries it."""

import uuid
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from mlops.access import is_engine_staff
from mlops.jobs.kinds import kind_names, kind_of
from mlops.jobs.models import Job, JobStatus
from mlops.jobs.services.delivery import job_deliver
from mlops.jobs.services.parents import parent_wake
from web.refusals import Problem


class QuotaExceeded(Problem):
    """The owner has as many open jobs as one person may have: 429 `quota`."""

    def __init__(self) -> None:
        n_most = settings.JOB_MAX_QUEUED_PER_USER
        detail = _("You have %(n_most)s open jobs. Wait until one of them finishes.") % {"n_most": n_most}
        super().__init__(429, "quota", detail, headers={"Retry-After": "60"})


class NotRepeatable(Problem):
    """Only a job that has ended without success can be tried again: 409 `not_repeatable`."""

    def __init__(self) -> None:
        super().__init__(409, "not_repeatable", _("You can only retry a job that failed or was cancelled."))


def job_create(
    *,
    kind: str,
    title: str,
    owner: Any,
    parameters: dict[str, Any],
    dedupe_key: str = "",
    is_engine: bool = False,
    queue: str = "",
    timeout_s: int | None = None,
    parent: Job | None = None,
    is_demo: bool = False,
) -> Job:
    """Store a job and send it to its queue once the surrounding transaction is committed.

    kind        a name registered with `job_kind` (KeyError otherwise)
    owner       who sees it and whose quota it uses; None for the site's own work
    dedupe_key  while a job with this key is open it is returned instead of a new one; put the
                owner's id into the key where two people must not share a job
    is_engine   True when it holds no personal data, so that all ML staff may see it
    queue       where it runs; the job kind's own without one
    parent      the job it is a part of; it goes when the parent goes, and only the parent counts for the quota
    Raises QuotaExceeded. A lost Redis is no error: the row waits for the sweeper.
    """
    registered = kind_of(kind)
    job = Job(
        kind=kind,
        title=title[:200],
        owner=owner,
        queue=queue or registered.queue,
        parameters=parameters,
        dedupe_key=dedupe_key,
        is_engine=is_engine,
        timeout_s=timeout_s or registered.timeout_s,
        parent=parent,
        is_demo=is_demo,
    )
    try:
        with transaction.atomic():
            if dedupe_key and (twin := _open_twin(dedupe_key)):
                return twin
            if parent is None:
                _check_quota(owner)
            job.save(force_insert=True)
            transaction.on_commit(lambda: _deliver(job.pk))
    except IntegrityError:
        if dedupe_key and (twin := _open_twin(dedupe_key)):
            return twin
        raise
    return job


def job_cancel(*, job: Job, by: Any) -> Job:
    """Stop a job: at once while it waits, else it is asked and, after the grace time, killed.

    Its children stop with it. Ended jobs stay as they are. `by` has already been checked through `visible_to`.
    """
    now = timezone.now()
    row = Job.objects.filter(pk=job.pk)
    waiting = row.filter(status=JobStatus.RUNNING, claim_token=None, waits_for__isnull=False)
    for _at in range(2):  # it may change from waiting to running, or back, between the two updates
        if row.filter(status=JobStatus.QUEUED).update(
            status=JobStatus.CANCELLED, cancel_requested_at=now, ended_at=now, progress_note="Cancelled"
        ):
            break
        if waiting.update(status=JobStatus.CANCELLED, cancel_requested_at=now, ended_at=now, progress_note="Cancelled"):
            break
        if row.filter(status=JobStatus.RUNNING).update(status=JobStatus.CANCELLING, cancel_requested_at=now):
            break
    for child in Job.objects.open().filter(parent=job.pk):  # the parent starts no more of them from here on
        job_cancel(job=child, by=by)
    job.refresh_from_db()
    if job.parent_id is not None and job.is_ended:
        parent_wake(pk=job.parent_id)
    return job


def job_retry(*, job: Job, by: Any) -> Job:
    """Make a new job like one that ended without success. Raises NotRepeatable, QuotaExceeded, PermissionDenied.

    The engine's work is started again by those who may start it: not by somebody who was staff once.
    """
    if job.is_engine and not is_engine_staff(by):
        raise PermissionDenied(_("Only ML staff can do this."))
    if not job.can_retry or job.parent_id is not None:
        raise NotRepeatable
    if job.kind not in kind_names():
        raise Problem(409, "kind_missing", _("No installed app can run this job."))
    return job_create(
        kind=job.kind,
        title=job.title,
        owner=job.owner or by,
        parameters=job.parameters,
        dedupe_key=job.dedupe_key,
        is_engine=job.is_engine,
        timeout_s=job.timeout_s,
        is_demo=job.is_demo,
    )


def _deliver(pk: uuid.UUID) -> None:
    job_deliver(pk=pk)


def _open_twin(dedupe_key: str) -> Job | None:
    return Job.objects.open().filter(dedupe_key=dedupe_key).first()


def _check_quota(owner: Any) -> None:
    """Lock the owner's row, so that two requests at once cannot both take the last place."""
    if owner is None:
        return
    get_user_model().objects.select_for_update().filter(pk=owner.pk).exists()
    if Job.objects.open().filter(owner=owner, parent__isnull=True).count() >= settings.JOB_MAX_QUEUED_PER_USER:
        raise QuotaExceeded
