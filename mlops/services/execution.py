"""Running one delivered job in a work horse: claim, run, and one honest end."""

import logging
import random
import uuid
from contextlib import nullcontext
from typing import Any

from django.conf import settings
from django.db import connections
from rq.timeouts import BaseTimeoutException

from mlops.job_kinds import JobFailed, kind_of
from mlops.ml.contract import Cancelled, MLError
from mlops.models import JobStatus
from mlops.services.claims import Claim, claim_end, claim_requeue, claim_take, timed_out
from mlops.services.heartbeat import Heartbeat
from mlops.services.job_context import ClaimedJobContext, ClaimLost
from mlops.services.parents import parent_wake
from mlops.services.transient import is_transient
from web.middleware import request_id
from web.refusals import Problem

logger = logging.getLogger(__name__)

RETRY_FIRST_S = 5.0


def job_execute(pk: str, delivery: str = "") -> None:
    """What RQ calls in the forked child. Never raises for a job's own failure."""
    connections.close_all()  # a connection inherited through fork belongs to the parent
    claim = claim_take(pk=pk, delivery=delivery)
    if claim is None:
        logger.info("job %s is not waiting; this delivery is a duplicate", pk)
        return
    try:
        claim_run(claim=claim)
    finally:
        connections.close_all()


def job_execute_here(*, pk: uuid.UUID) -> None:
    """Run a waiting job inside this process, without Redis and without a heartbeat: for commands and tests."""
    claim = claim_take(pk=pk)
    if claim is not None:
        claim_run(claim=claim, beat=False)


def claim_run(*, claim: Claim, beat: bool = True) -> None:
    """Run the kind of a claimed job and store how it ended."""
    reference = uuid.uuid4().hex[:16]
    request_id.set(reference)
    heart: Any = Heartbeat(pk=claim.job.pk, token=claim.token) if beat else nullcontext()
    with heart:
        context = ClaimedJobContext(claim, heart.stopping if beat else None)
        try:
            kind = kind_of(claim.job.kind)
            context.finish(kind.run(context))
        except ClaimLost:
            logger.warning("job %s: attempt %d lost its claim", claim.job.pk, claim.job.attempt)
        except Exception as error:  # every kind of failure must leave the row with its reason
            _end(claim, context, error, reference)
    if claim.job.parent_id is not None:
        parent_wake(pk=claim.job.parent_id)


def _end(claim: Claim, context: ClaimedJobContext, error: Exception, reference: str) -> None:
    if context.has_ended:
        logger.exception("job %s failed after its final commit", claim.job.pk)
        return
    if isinstance(error, BaseTimeoutException):
        columns = timed_out(None)
        ended = (JobStatus.FAILED, columns["failure_code"], columns["failure_reason"])
    elif isinstance(error, Cancelled):
        ended = (JobStatus.CANCELLED, "", "")
    elif isinstance(error, JobFailed):
        ended = (JobStatus.FAILED, error.code, error.message)
    elif isinstance(error, Problem):
        ended = (JobStatus.FAILED, error.code, error.detail)
    elif isinstance(error, MLError):
        ended = (JobStatus.FAILED, error.code, _sentence(str(error)))
    elif is_transient(error):
        if _try_again(claim, context, error):
            return
        why = _sentence(str(error) or "Something was not reachable")
        ended = (JobStatus.FAILED, "unavailable", f"{why} It was tried {claim.job.attempt} times.")
    else:
        logger.exception("job %s (%s) errored", claim.job.pk, claim.job.kind)
        ended = (JobStatus.ERRORED, "bug", f"Something went wrong on our side. The reference is {reference}.")
    status, code, reason = ended
    claim_end(claim=claim, status=status, code=code, reason=reason, log_tail=context.log_tail)


def _try_again(claim: Claim, context: ClaimedJobContext, error: Exception) -> bool:
    """Requeue with exponential delay and full jitter, while attempts are left."""
    if claim.job.attempt >= settings.JOB_MAX_ATTEMPTS:
        return False
    delay_s = random.uniform(0.5, 1.0) * RETRY_FIRST_S * 2 ** (claim.job.attempt - 1)  # noqa: S311  jitter
    context.log(
        f"Attempt {claim.job.attempt} failed for a moment ({type(error).__name__}); trying again in {delay_s:.0f} s"
    )
    claim_requeue(claim=claim, delay_s=delay_s, log_tail=context.log_tail)
    return True


def _sentence(text: str) -> str:
    text = text.strip()
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."
