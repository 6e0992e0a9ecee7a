"""Our RQ worker: one queue, quick to notice a lost child, untouched by a Redis that is away for a while."""

import logging
import os
import resource
import signal

from django.conf import settings
from django.db import connections
from django.utils import timezone
from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.job import Job as Message
from rq.serializers import JSONSerializer

from mlops.jobs.models import Job
from mlops.jobs.services.claims import HELD, claim_renew
from mlops.jobs.services.delivery import queue_named, redis_connection
from mlops.ml.parent import die_with_parent

logger = logging.getLogger(__name__)

MONITORING_S = 5
MAINTENANCE_S = 10
WORKER_TTL_S = 30
NICE = 10
LOW_PRIORITY = frozenset({"video", "train"})


class JobWorker(Worker):
    """Forks a work horse for each job; the parent only watches and never runs a model.

    The parent renews the lease too, because native code in the child may hold the interpreter lock for
    longer than a lease, and it kills a child whose job has ended or was taken away.
    """

    def main_work_horse(self, job: Message, queue: Queue) -> None:
        die_with_parent()
        limit_memory(settings.WORKER_MEMORY_MB)
        os.nice(max(0, NICE - os.nice(0)))  # every job gives way to live streams, whatever its queue
        super().main_work_horse(job, queue)

    def maintain_heartbeats(self, job: Message) -> None:
        try:
            if not self._may_go_on(job.id):
                self.kill_horse()
        finally:
            connections.close_all()  # the next fork must not inherit one
        try:
            super().maintain_heartbeats(job)
        except RedisError as error:
            logger.warning("Redis is away while job %s runs: %s", job.id, error)

    def kill_horse(self, sig: signal.Signals = signal.SIGKILL) -> None:
        """Kill the child with what it started; never ourselves.

        RQ asks for the group of process 0 when the child is gone already, as when the sweeper's word to stop it comes
        a moment late. That is our own group: this worker and everything that was started beside it.
        """
        pid = self.horse_pid
        if not pid:
            return
        try:
            group = os.getpgid(pid)
            if group == os.getpgrp():  # it has not left our group yet
                os.kill(pid, sig)
            else:
                os.killpg(group, sig)
        except ProcessLookupError:
            logger.debug("the child %d is gone already", pid)

    def handle_work_horse_killed(self, job: Message, retpid: object, ret_val: object, rusage: object) -> None:
        """Let the lease of a child that died end now, so that the sweeper gives the job back at once."""
        try:
            Job.objects.filter(delivery=job.id, status__in=HELD).update(lease_until=timezone.now())
        finally:
            connections.close_all()

    def set_current_job_working_time(self, current_job_working_time: float, pipeline: object = None) -> None:
        self.current_job_working_time = current_job_working_time
        try:
            super().set_current_job_working_time(current_job_working_time, pipeline)
        except RedisError as error:
            logger.warning("Redis is away: %s", error)

    def _may_go_on(self, delivery: str) -> bool:
        """Renew the lease of the attempt that this worker's child holds. True before it has claimed."""
        try:
            found = Job.objects.filter(delivery=delivery).values_list("pk", "claim_token", "status").first()
            if found is None:
                return False
            pk, token, status = found
            if status not in HELD or token is None:
                return status == "queued" or status == "succeeded"
            return claim_renew(pk=pk, token=token) is not None
        except Exception as error:  # a database that is away must not stop the watching
            logger.warning("cannot renew the lease of %s: %s", delivery, error)
            return True


def worker_make(queue: str) -> JobWorker:
    """A worker on one queue with its own Redis connection."""
    connection = redis_connection(timeout_s=None)
    return JobWorker(
        [queue_named(queue, connection)],
        connection=connection,
        serializer=JSONSerializer,
        job_monitoring_interval=max(1, min(MONITORING_S, settings.JOB_HEARTBEAT_S)),
        maintenance_interval=MAINTENANCE_S,
        worker_ttl=WORKER_TTL_S,
        log_job_description=False,
    )


def lower_priority() -> None:
    """Leave the processors to live streams: nice, and one thread for each numeric library."""
    os.nice(NICE)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
        os.environ[name] = os.environ.get("FITBALANCE_WORKER_THREADS", "1")


def limit_memory(most_mb: int) -> None:
    """Of this process and of what it starts, each: private memory in MB that may be asked for; 0 leaves it open.

    What libraries only reserve, and files that are mapped, does not count (RLIMIT_DATA).
    """
    if most_mb > 0:
        most = most_mb * 1_000_000
        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
