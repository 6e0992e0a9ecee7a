"""The context of a running kind, bound to the claim of one attempt."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from mlops.jobs.models import Job, JobStatus
from mlops.jobs.services.claims import Claim, claim_amend, claim_is_cancelled, claim_park, claim_succeed, claim_write
from mlops.ml.contract import Cancelled
from web.logs import hide_secrets
from web.numbers import spelled
from web.places import without_places

WRITE_EVERY_S = 0.5
LOG_LINES = 200
LINE_LENGTH = 500


def told(text: str) -> str:
    """What a job says on its page: whatever an error brought along, no path of this machine and no secret address."""
    return hide_secrets(without_places(text))


class Pace:
    """How long it takes from here, by the pace since the work of now began."""

    LEAST_S = 3.0
    """Sooner, a pace says nothing."""

    def __init__(self) -> None:
        self._total, self._done = 0, 0
        self._first: tuple[int, float] | None = None

    def left_words(self, done: int, total: int, now: float) -> str:
        """"about 2 min left", or nothing while it cannot be told. Another total, or a step back, begins anew."""
        if self._first is None or total != self._total or done < self._done:
            self._first = (done, now)
        self._total, self._done = total, done
        first, began = self._first
        if done <= first or done >= total or now - began < self.LEAST_S:
            return ""
        return _("about %(time)s left") % {"time": _duration((now - began) * (total - done) / (done - first))}


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(5, 5 * round(seconds / 5))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{spelled(seconds / 3600, '.1f')} h"


class ClaimLost(Cancelled):
    """Another attempt took the job, or it was ended: this one may not write any more."""

    code = "claim_lost"


class ClaimedJobContext:
    """Implements mlops.jobs.kinds.JobContext. `stopping` is set by the heartbeat."""

    def __init__(self, claim: Claim, stopping: Event | None = None) -> None:
        self._claim = claim
        self._stopping = stopping or Event()
        self._written_at = float("-inf")
        self._lines = claim.job.log_tail.splitlines()
        self._ended = False
        self._waits = False
        self._pace = Pace()
        self._note = ""
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
        self._note = note or self._note
        left = self._pace.left_words(done, total, now)
        if now - self._written_at < WRITE_EVERY_S and not self._stopping.is_set():
            return
        self._written_at = now
        columns: dict[str, Any] = {
            "progress_done": max(0, int(done)),
            "progress_total": max(0, int(total)),
            "log_tail": self.log_tail,
        }
        if self._note:
            columns["progress_note"] = told(f"{self._note}, {left}" if left else self._note)[:200]
        if not claim_write(claim=self._claim, **columns):
            self._refuse()

    def log(self, line: str) -> None:
        stamp = time.strftime("%H:%M:%S", time.gmtime())
        self._lines.append(f"{stamp} {told(line.strip())[:LINE_LENGTH]}")
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
