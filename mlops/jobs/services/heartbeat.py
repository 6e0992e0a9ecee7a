"""The heartbeat of a running attempt: renews its lease, and kills the process when it must not go on."""

import logging
import os
import signal
import uuid
from collections.abc import Callable
from threading import Event, Thread

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection

from mlops.jobs.models import JobStatus
from mlops.jobs.services.claims import claim_renew

logger = logging.getLogger(__name__)


def die() -> None:
    """End this process at once; the worker's parent sees its child go and carries on."""
    os.kill(os.getpid(), signal.SIGKILL)


class Heartbeat:
    """Context manager around one attempt. `stopping` is set as soon as somebody asks the job to stop.

    A lost claim, a passed deadline and a stop that is ignored for the grace time all end in `kill`.
    Kinds that are run inside a test's own process pass another `kill`.
    """

    def __init__(self, *, pk: uuid.UUID, token: uuid.UUID, kill: Callable[[], None] = die) -> None:
        self.stopping = Event()
        self._pk, self._token, self._kill = pk, token, kill
        self._over = Event()
        self._thread = Thread(target=self._beat, name=f"heartbeat-{pk}", daemon=True)

    def __enter__(self) -> "Heartbeat":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(timeout=settings.JOB_HEARTBEAT_S + 5)

    def _beat(self) -> None:
        try:
            while not self._over.wait(settings.JOB_HEARTBEAT_S):
                try:
                    status = claim_renew(pk=self._pk, token=self._token)
                except DatabaseError as error:
                    logger.warning("heartbeat of job %s missed: %s", self._pk, error)
                    continue
                if self._over.is_set():
                    return
                if status is None:
                    logger.warning("job %s may not go on; its process ends", self._pk)
                    self._kill()
                    return
                if status == JobStatus.SUCCEEDED:
                    return
                if status == JobStatus.CANCELLING:
                    self.stopping.set()
        finally:
            connection.close()
