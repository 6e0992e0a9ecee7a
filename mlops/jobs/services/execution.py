"""Running one delivered job in a work horse: claim, run, and one honest end."""

import logging
import random
import uuid
from contextlib import nullcontext
from typing import Any

from django.conf import settings
from django.db import connections
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rq.timeouts import BaseTimeoutException

from accounts.languages import speaking_to
from mlops.jobs.kinds import JobFailed, kind_of
from mlops.jobs.models import JobStatus
from mlops.jobs.services.claims import Claim, claim_end, claim_requeue, claim_take, timed_out
from mlops.jobs.services.context import ClaimedJobContext, ClaimLost, told
from mlops.jobs.services.heartbeat import Heartbeat
from mlops.jobs.services.parents import parent_wake
from mlops.jobs.services.transient import is_transient
from mlops.ml.contract import Cancelled, MLError
from web.full_disk import CODE, disk_has_no_room, disk_is_full
from web.middleware import request_id
from web.refusals import Problem
from web.said import respoken
from web.services.space import space_promised

logger = logging.getLogger(__name__)

RETRY_FIRST_S = 5.0
RETRY_FULL_S = 60.0
"""A full disk does not empty in seconds."""
DISK_FULL = gettext_lazy(
    "The disk is full, so the job stopped. Nothing is left half-written. Try again when there is free space."
)


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
    """Run the kind of a claimed job and store how it ended, in words of its owner's language."""
    reference = uuid.uuid4().hex[:16]
    request_id.set(reference)
    heart: Any = Heartbeat(pk=claim.job.pk, token=claim.token) if beat else nullcontext()
    with heart, speaking_to(claim.job.owner):
        context = ClaimedJobContext(claim, heart.stopping if beat else None)
        try:
            kind = kind_of(claim.job.kind)
            with space_promised(key=space_key(claim.job.pk), n_bytes=kind.space(claim.job), hold_s=claim.job.timeout_s):
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
    elif _is_full(error):
        if _try_again(claim, context, error, RETRY_FULL_S):
            return
        words = error.detail if isinstance(error, Problem) and error.code == CODE else str(DISK_FULL)
        ended = (JobStatus.FAILED, "disk_full", words)
    elif isinstance(error, JobFailed):
        ended = (JobStatus.FAILED, error.code, error.message)
    elif isinstance(error, Problem):
        ended = (JobStatus.FAILED, error.code, error.detail)
    elif isinstance(error, MLError):
        ended = (JobStatus.FAILED, error.code, _sentence(str(error)))
    elif is_out_of_memory(error):
        logger.warning("job %s (%s) ran out of memory", claim.job.pk, claim.job.kind)
        ended = (JobStatus.FAILED, "out_of_memory", _("The job needs more memory than it can use here."))
    elif is_transient(error):
        if _try_again(claim, context, error):
            return
        why = _sentence(str(error) or _("A service was unreachable"))
        tried = _("%(why)s We tried %(n)s times.") % {"why": why, "n": claim.job.attempt}
        ended = (JobStatus.FAILED, "unavailable", tried)
    else:
        logger.exception("job %s (%s) errored", claim.job.pk, claim.job.kind)
        wrong = _("Something went wrong on our side. The reference is %(reference)s.") % {"reference": reference}
        ended = (JobStatus.ERRORED, "bug", wrong)
    status, code, reason = ended
    claim_end(claim=claim, status=status, code=code, reason=told(reason), log_tail=context.log_tail)


def space_key(pk: uuid.UUID | str) -> str:
    """Names the promise of a job's room on the disk."""
    return f"job:{pk}"


def _is_full(error: Exception) -> bool:
    """The disk had no room, as far as that can be told; an error nobody foresaw on a full disk comes of it."""
    if isinstance(error, Problem) and error.code == CODE:
        return error.extra.get("reason") == "disk"
    if disk_is_full(error) or getattr(error, "code", "") == "disk_full":
        return True
    foreseen = isinstance(error, JobFailed | Problem | MLError) or is_transient(error)
    return not foreseen and disk_has_no_room()


def _try_again(claim: Claim, context: ClaimedJobContext, error: Exception, first_s: float = RETRY_FIRST_S) -> bool:
    """Requeue with exponential delay and full jitter, while attempts are left."""
    if claim.job.attempt >= settings.JOB_MAX_ATTEMPTS:
        return False
    delay_s = random.uniform(0.5, 1.0) * first_s * 2 ** (claim.job.attempt - 1)  # noqa: S311  jitter
    context.log(
        f"Attempt {claim.job.attempt} failed temporarily ({type(error).__name__}); retrying in {delay_s:.0f} s"
    )
    claim_requeue(claim=claim, delay_s=delay_s, log_tail=context.log_tail)
    return True


def is_out_of_memory(error: Exception) -> bool:
    """True where memory was refused, in whichever words: torch and ONNX Runtime have no type for it."""
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError) and ("allocate memory" in str(error) or "bad_alloc" in str(error))
    )


def _sentence(text: str) -> str:
    text = respoken(text.strip())
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."
