"""The sweeper: what makes an accepted job never lost. Any number of sweepers may run at once."""

import logging
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from redis import Redis
from redis.exceptions import RedisError

from mlops.jobs.models import FORCED, Job, JobStatus
from mlops.jobs.services.claims import timed_out
from mlops.jobs.services.delivery import delivery_stop, job_deliver, queue_named, redis_connection

logger = logging.getLogger(__name__)

SETTLE_S = 3
"""A message younger than this may be on its way between the queue and a worker."""


@dataclass(frozen=True)
class Swept:
    """How many rows one pass moved."""

    delivered: int = 0
    requeued: int = 0
    ended: int = 0


def sweep_once(connection: Redis | None = None) -> Swept:
    """One pass: end what overran, give lost attempts back, deliver what no queue holds."""
    connection = connection or redis_connection()
    ended = _end_overdue(connection) + _end_cancelling(connection)
    requeued, lost = _recover_expired(connection)
    return Swept(delivered=_deliver_waiting(connection), requeued=requeued, ended=ended + lost)


def _end_overdue(connection: Redis) -> int:
    """Running past the deadline although the worker should have ended it: it is stuck or gone."""
    now = timezone.now()
    late = now - timedelta(seconds=2 * settings.JOB_HEARTBEAT_S)
    n_ended = 0
    for job in Job.objects.filter(status=JobStatus.RUNNING, deadline_at__lt=late).only("pk", "claim_token", "delivery"):
        mine = Job.objects.filter(pk=job.pk, status=JobStatus.RUNNING, claim_token=job.claim_token)
        if mine.update(**timed_out(now)):
            n_ended += 1
            delivery_stop(delivery=job.delivery, connection=connection)
    return n_ended


def _end_cancelling(connection: Redis) -> int:
    """Asked to stop and still there after the grace time, or its worker is gone: killed."""
    now = timezone.now()
    late = now - timedelta(seconds=settings.JOB_CANCEL_GRACE_S + settings.JOB_HEARTBEAT_S)
    stuck = Q(cancel_requested_at__lt=late) | Q(lease_until__lt=now)
    n_ended = 0
    for job in Job.objects.filter(stuck, status=JobStatus.CANCELLING).only("pk", "claim_token", "delivery"):
        mine = Job.objects.filter(pk=job.pk, status=JobStatus.CANCELLING, claim_token=job.claim_token)
        if mine.update(status=JobStatus.CANCELLED, claim_token=None, ended_at=now, progress_note=FORCED):
            n_ended += 1
            delivery_stop(delivery=job.delivery, connection=connection)
    return n_ended


def _recover_expired(connection: Redis) -> tuple[int, int]:
    """Leases that ran out: back to the queue, or errored after the last attempt."""
    now = timezone.now()
    requeued = lost = 0
    expired = Job.objects.filter(status=JobStatus.RUNNING, lease_until__lt=now)
    for job in expired.only("pk", "claim_token", "delivery", "attempt"):
        mine = Job.objects.filter(pk=job.pk, status=JobStatus.RUNNING, claim_token=job.claim_token, lease_until__lt=now)
        if job.attempt >= settings.JOB_MAX_ATTEMPTS:
            moved = mine.update(
                status=JobStatus.ERRORED,
                failure_code="worker_lost",
                failure_reason=f"Its worker stopped {job.attempt} times. Try again later.",
                claim_token=None,
                ended_at=now,
            )
            lost += moved
        else:
            moved = mine.update(
                status=JobStatus.QUEUED, claim_token=None, lease_until=None, deadline_at=None, delivered_at=None
            )
            requeued += moved
        if moved:
            logger.warning("job %s: attempt %d was lost", job.pk, job.attempt)
            delivery_stop(delivery=job.delivery, connection=connection)
    return requeued, lost


def _deliver_waiting(connection: Redis) -> int:
    """Deliver rows that are due and that no queue holds (never sent, or Redis lost the message)."""
    now = timezone.now()
    due = Job.objects.filter(status=JobStatus.QUEUED).filter(Q(not_before__isnull=True) | Q(not_before__lte=now))
    waiting = list(due.order_by("created_at").only("pk", "queue", "delivery", "delivered_at"))
    if not waiting:
        return 0
    try:
        held = {
            delivery
            for queue in {job.queue for job in waiting}
            for delivery in queue_named(queue, connection).get_job_ids()
        }
    except RedisError as error:
        logger.warning("Redis is away, %d jobs wait: %s", len(waiting), error)
        return 0
    settled = now - timedelta(seconds=SETTLE_S)
    n_delivered = 0
    for job in waiting:
        if job.delivered_at is not None and (job.delivered_at > settled or job.delivery in held):
            continue
        if not job_deliver(pk=job.pk, connection=connection):
            break
        n_delivered += 1
    return n_delivered
