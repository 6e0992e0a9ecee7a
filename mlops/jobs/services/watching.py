"""Jobs and workers as operators watch them."""

from collections.abc import Iterator

from django.conf import settings
from django.db.models import Count, Min, Q
from django.utils import timezone
from rq import Worker

from mlops.jobs.models import ENDED, Job, JobStatus
from mlops.jobs.services.delivery import redis_connection
from mlops.ml.prometheus import Family


def job_figures() -> Iterator[Family]:
    """Rows by queue and state, and how long the oldest that may begin has waited."""
    jobs = Family("fitbalance_jobs", "gauge", "Jobs by queue and state (ended jobs while they are stored).")
    found = dict.fromkeys(((queue, status) for queue in settings.RQ_QUEUES for status in JobStatus.values), 0)
    for queue, status, n in Job.objects.order_by().values_list("queue", "status").annotate(n=Count("pk")):
        found[queue, status] = n
    for (queue, status), n in found.items():
        jobs.add(n, queue=queue, state=status)
    yield jobs
    now = timezone.now()
    ages = Family("fitbalance_queue_oldest_seconds", "gauge", "Age of the oldest job that is ready to run.")
    due = Job.objects.filter(Q(not_before__isnull=True) | Q(not_before__lte=now), status=JobStatus.QUEUED)
    oldest = dict(due.order_by().values_list("queue").annotate(Min("created_at")))
    for queue in settings.RQ_QUEUES:
        ages.add(round((now - oldest[queue]).total_seconds(), 1) if queue in oldest else 0, queue=queue)
    yield ages
    late = Family("fitbalance_jobs_lease_expired", "gauge", "Jobs whose worker missed its heartbeat.")
    late.add(Job.objects.open().exclude(status__in=[*ENDED, JobStatus.QUEUED]).filter(lease_until__lt=now).count())
    yield late


def worker_figures() -> Iterator[Family]:
    """Workers that Redis knows and when each was last heard."""
    workers = Family("fitbalance_workers", "gauge", "Workers by queue.")
    heard = Family("fitbalance_worker_heartbeat_age_seconds", "gauge", "Seconds since the last heartbeat of a worker.")
    with redis_connection(timeout_s=1.0) as connection:
        found = Worker.all(connection=connection)
    n = dict.fromkeys(settings.RQ_QUEUES, 0)
    now = timezone.now().replace(tzinfo=None)
    for worker in found:
        queue = worker.queue_names()[0]
        n[queue] = n.get(queue, 0) + 1
        if worker.last_heartbeat is not None:
            age_s = (now - worker.last_heartbeat.replace(tzinfo=None)).total_seconds()
            heard.add(round(age_s, 1), queue=queue, worker=worker.name)
    for queue, number in n.items():
        workers.add(number, queue=queue)
    yield from (workers, heard)
