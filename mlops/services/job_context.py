"""The context of a running kind, bound to the claim of one attempt."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any

from django.db import transaction

from mlops.ml.contract import Cancelled
from mlops.models import Job, JobStatus
from mlops.services.claims import Claim, claim_amend, claim_is_cancelled, claim_park, claim_succeed, claim_write

WRITE_EVERY_S = 0.5
LOG_LINES = 200
LINE_LENGTH = 500


class ClaimLost(Cancelled):
    """Another attempt took the job, or it was ended: this one may not write any more."""

    code = "claim_lost"


class ClaimedJobContext:
    """Implements mlops.job_kinds.JobContext. `stopping` is set by the heartbeat."""

    def __init__(self, claim: Claim, stopping: Event | None = None) -> None:
        self._claim = claim
        self._stopping = stopping or Event()
        self._written_at = float("-inf")
        self._lines = claim.job.log_tail.splitlines()
        self._ended = False
        self._waits = False
        self.result: dict[str, Any] = {}

    @property
    def job(self) -> Job:
        return self._claim.job

    @property
    def parameters(self) -> dict[str, Any]:
        return dict(self._claim.job.parameters)

    @property
    def log_tail(self) -> str:
        return "\n".join(self._lines)

    @property
    def has_ended(self) -> bool:
        """True after the final commit."""
        return self._ended

    def step(self, done: int, total: int, note: str = "") -> None:
        if self._ended:
            return
        now = time.monotonic()
        if now - self._written_at < WRITE_EVERY_S and not self._stopping.is_set():
            return
        self._written_at = now
        columns: dict[str, Any] = {
            "progress_done": max(0, int(done)),
            "progress_total": max(0, int(total)),
            "log_tail": self.log_tail,
        }
        if note:
            columns["progress_note"] = note[:200]
        if not claim_write(claim=self._claim, **columns):
            self._refuse()

    def log(self, line: str) -> None:
        stamp = time.strftime("%H:%M:%S", time.gmtime())
        self._lines.append(f"{stamp} {line.strip()[:LINE_LENGTH]}")
        del self._lines[:-LOG_LINES]

    @contextmanager
    def commit(self, *, final: bool = True) -> Iterator[None]:
        with transaction.atomic():
            held = JobStatus.SUCCEEDED if self._ended else JobStatus.RUNNING
            mine = Job.objects.filter(pk=self.job.pk, claim_token=self._claim.token, status=held)
            if not mine.update(progress_note=self._last_note()):
                self._refuse()
            yield
            if final and not self._ended:
                claim_succeed(claim=self._claim, result=self.result, log_tail=self.log_tail)
        if final:
            self._ended = True

    def wait_for_children(self, n_ended: int, done: int, total: int, note: str) -> bool:
        columns = {"progress_done": done, "progress_total": total, "progress_note": note[:200], "result": self.result}
        if claim_park(claim=self._claim, n_ended=n_ended, log_tail=self.log_tail, **columns):
            self._ended = self._waits = True
            return True
        if not claim_write(claim=self._claim, **columns):
            self._refuse()
        return False

    def finish(self, returned: dict[str, Any] | None) -> None:
        """Store what the kind returned; ends the job unless its final commit already did."""
        self.result.update(returned or {})
        if self._waits:
            return
        if self._ended:
            claim_amend(claim=self._claim, result=self.result, log_tail=self.log_tail)
        elif not claim_succeed(claim=self._claim, result=self.result, log_tail=self.log_tail):
            self._refuse()

    def _last_note(self) -> str:
        note = Job.objects.filter(pk=self.job.pk).values_list("progress_note", flat=True).first()
        return note or ""

    def _refuse(self) -> None:
        if claim_is_cancelled(claim=self._claim):
            raise Cancelled("somebody asked the job to stop")
        raise ClaimLost("another attempt holds the job")
