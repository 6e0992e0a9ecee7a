"""Carrying jobs to workers through RQ. Losing a message is harmless: the sweeper carries it again."""

import logging
import uuid

from django.conf import settings
from django.utils import timezone
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.command import send_stop_job_command
from rq.exceptions import InvalidJobOperation, NoSuchJobError
from rq.serializers import JSONSerializer

from mlops.jobs.models import Job, JobStatus

logger = logging.getLogger(__name__)

ENTRY = "mlops.jobs.services.execution.job_execute"
RQ_SLACK_S = 60
"""RQ's own time-out comes after ours, as a last resort that needs no Python in the stuck process."""


def redis_connection(*, timeout_s: float | None = 3.0) -> Redis:
    """A connection of its own; `timeout_s` None is for workers, which wait on Redis for long."""
    return Redis.from_url(settings.REDIS_URL, socket_connect_timeout=3, socket_timeout=timeout_s)


def queue_named(name: str, connection: Redis) -> Queue:
    return Queue(name, connection=connection, serializer=JSONSerializer)


def job_deliver(*, pk: uuid.UUID, connection: Redis | None = None) -> bool:
    """Send a waiting row to its queue. False when Redis is away (the row stays for the sweeper)."""
    job = Job.objects.filter(pk=pk, status=JobStatus.QUEUED).only("pk", "queue", "timeout_s").first()
    if job is None:
        return False
    delivery = f"{job.pk}-{uuid.uuid4().hex[:12]}"
    try:
        queue_named(job.queue, connection or redis_connection()).enqueue_call(
            ENTRY,
            args=(str(job.pk), delivery),
            job_id=delivery,
            timeout=job.timeout_s + RQ_SLACK_S,
            result_ttl=0,
            failure_ttl=3600,
        )
    except RedisError as error:
        logger.warning("job %s waits for the sweeper: %s", job.pk, error)
        return False
    Job.objects.filter(pk=job.pk, status=JobStatus.QUEUED).update(delivered_at=timezone.now(), delivery=delivery)
    return True


def delivery_stop(*, delivery: str, connection: Redis | None = None) -> None:
    """Ask the worker that runs this delivery to kill its child; silent when nobody runs it."""
    if not delivery:
        return
    try:
        send_stop_job_command(connection or redis_connection(), delivery, serializer=JSONSerializer)
    except (RedisError, NoSuchJobError, InvalidJobOperation) as error:
        logger.info("nothing to stop for %s: %s", delivery, error)
