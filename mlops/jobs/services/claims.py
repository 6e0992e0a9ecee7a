"""Who holds a job: every write here is one conditional UPDATE, so that a stale attempt changes nothing.

Times are the database clock of the writing machine in UTC; machines are expected to agree within a second.
"""

import os
import socket
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from mlops.jobs.models import ENDED, FORCED, Job, JobStatus

HELD = (JobStatus.RUNNING, JobStatus.CANCELLING)


@dataclass(frozen=True)
class Claim:
    """Proof of one attempt: the token is fresh with every claim."""

    job: Job
    token: uuid.UUID


def claim_take(*, pk: uuid.UUID | str, delivery: str = "") -> Claim | None:
    """Take a waiting job, or None when it is not waiting (a duplicate delivery, or it was cancelled)."""
    now = timezone.now()
    known = Job.objects.filter(pk=pk).values_list("timeout_s", "waits_for").first()
    if known is None:
        return None
    timeout_s, is_parent = known[0], known[1] is not None
    token = uuid.uuid4()
    due = Q(not_before__isnull=True) | Q(not_before__lte=now)
    taken = Job.objects.filter(due, pk=pk, status=JobStatus.QUEUED).update(
        status=JobStatus.RUNNING,
        claim_token=token,
        attempt=F("attempt") + 1,
        worker=f"{socket.gethostname()}:{os.getpid()}"[:120],
        delivery=delivery,
        lease_until=now + timedelta(seconds=settings.JOB_LEASE_S),
        deadline_at=now + timedelta(seconds=timeout_s),
        started_at=Coalesce("started_at", now) if is_parent else now,
        waits_for=None,
        **({} if is_parent else {"progress_done": 0, "progress_total": 0, "progress_note": ""}),
    )
    return Claim(Job.objects.select_related("owner").get(pk=pk), token) if taken else None


def claim_renew(*, pk: uuid.UUID, token: uuid.UUID) -> JobStatus | None:
    """Renew the lease, or end a job that is past its deadline or its grace for stopping.

    Returns RUNNING or CANCELLING while the attempt may go on, None when it must die now. SUCCEEDED after its own final
    commit: there is nothing to renew, and it may tidy up.
    """
    now = timezone.now()
    mine = Job.objects.filter(pk=pk, claim_token=token)
    stopped_before = now - timedelta(seconds=settings.JOB_CANCEL_GRACE_S)
    if mine.filter(status=JobStatus.CANCELLING, cancel_requested_at__lt=stopped_before).update(
        status=JobStatus.CANCELLED, ended_at=now, claim_token=None, progress_note=FORCED
    ):
        return None
    if mine.filter(status=JobStatus.RUNNING, deadline_at__lt=now).update(**timed_out(now)):
        return None
    lease = now + timedelta(seconds=settings.JOB_LEASE_S)
    for status in HELD:
        if mine.filter(status=status).update(lease_until=lease):
            return status
    return JobStatus.SUCCEEDED if mine.filter(status=JobStatus.SUCCEEDED).exists() else None


def timed_out(now: Any) -> dict[str, Any]:
    """The columns of a job that ran past its deadline."""
    return {
        "status": JobStatus.FAILED,
        "failure_code": "timed_out",
        "failure_reason": "The job reached its time limit. Try it with less data.",
        "ended_at": now,
        "claim_token": None,
    }


def claim_write(*, claim: Claim, **columns: Any) -> bool:
    """Write columns of a job this attempt still runs; False when it was stopped or taken away."""
    return bool(_running(claim).update(**columns))


def claim_is_cancelled(*, claim: Claim) -> bool:
    """True when somebody asked this very attempt to stop; False when it runs or is no longer ours."""
    return Job.objects.filter(pk=claim.job.pk, claim_token=claim.token, status=JobStatus.CANCELLING).exists()


def claim_succeed(*, claim: Claim, result: dict[str, Any], log_tail: str) -> bool:
    """End as succeeded. Work that was finished before a stop arrived counts as done."""
    held = Job.objects.filter(pk=claim.job.pk, claim_token=claim.token, status__in=HELD)
    return bool(
        held.update(
            status=JobStatus.SUCCEEDED, result=result, log_tail=log_tail, ended_at=timezone.now(), lease_until=None
        )
    )


def claim_amend(*, claim: Claim, result: dict[str, Any], log_tail: str) -> None:
    """Add what the kind returned after its final commit had ended the job."""
    mine = Job.objects.filter(pk=claim.job.pk, claim_token=claim.token, status=JobStatus.SUCCEEDED)
    mine.update(result=result, log_tail=log_tail)


def claim_end(*, claim: Claim, status: JobStatus, code: str, reason: str, log_tail: str) -> bool:
    """End as failed, errored or cancelled, with the reason for a person."""
    held = Job.objects.filter(pk=claim.job.pk, claim_token=claim.token, status__in=HELD)
    return bool(
        held.update(
            status=status,
            failure_code=code,
            failure_reason=reason,
            log_tail=log_tail,
            ended_at=timezone.now(),
            lease_until=None,
            claim_token=None,
        )
    )


def claim_park(*, claim: Claim, n_ended: int, **columns: Any) -> bool:
    """Let a parent wait for its children without a worker; False when one more has ended meanwhile.

    n_ended  how many of its children had ended when the kind looked at them
    """
    with transaction.atomic():
        Job.objects.select_for_update().filter(pk=claim.job.pk).exists()
        if Job.objects.filter(parent=claim.job.pk, status__in=ENDED).count() != n_ended:
            return False
        return bool(
            _running(claim).update(
                claim_token=None,
                lease_until=None,
                deadline_at=None,
                delivery="",
                attempt=0,
                waits_for=n_ended,
                **columns,
            )
        )


def claim_requeue(*, claim: Claim, delay_s: float, log_tail: str) -> bool:
    """Give the job back for another attempt after `delay_s`; False when it was stopped meanwhile."""
    return bool(
        _running(claim).update(
            status=JobStatus.QUEUED,
            claim_token=None,
            lease_until=None,
            deadline_at=None,
            delivered_at=None,
            not_before=timezone.now() + timedelta(seconds=delay_s),
            log_tail=log_tail,
        )
    )


def _running(claim: Claim) -> Any:
    return Job.objects.filter(pk=claim.job.pk, claim_token=claim.token, status=JobStatus.RUNNING)
