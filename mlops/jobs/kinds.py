"""Job kinds: functions that apps register, by name, to be run in the background.

    @job_kind("recording.import", timeout_s=1800)
    def import_recording(context: JobContext) -> dict:
        for row, rows in enumerate(chunks):
            context.step(row, n_rows, "Reading rows")
        with context.commit():
            recording.save()
            context.result["url"] = recording.get_absolute_url()
        return {}

Put kinds into an app's `jobs.py` and import that module from its `declarations.register()`, so that
web and workers know the same kinds. A kind may run more than once (a worker dies): everything before
`commit()` must be repeatable, and everything that others see belongs inside it.
"""

import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

QUEUES = ("default", "video", "train")


class JobFailed(Exception):
    """An expected end: `code` for programs, `message` is one sentence for the person."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class TransientError(Exception):
    """Something outside was busy or away for a moment: the job is tried again, at most 3 times in all."""


class JobContext(Protocol):
    """What a running kind is given. `step` fits everywhere the library wants an `on_step`."""

    result: dict[str, Any]
    """JSON shown and returned with the job; "url" is where its page leads, "text" one sentence."""

    @property
    def job(self) -> Any:
        """The Job row as it was claimed (read it, never save it)."""

    @property
    def parameters(self) -> dict[str, Any]:
        """What `job_create` was given."""

    def step(self, done: int, total: int, note: str = "") -> None:
        """Tell the progress (written at most twice a second). Raises mlops.ml.contract.Cancelled."""

    def log(self, line: str) -> None:
        """Add a line to the log tail on the job's page."""

    def commit(self, *, final: bool = True) -> AbstractContextManager[None]:
        """One short transaction that first proves this attempt still holds the job.

        The final one ends the job as succeeded together with the rows written inside and with
        `context.result`. With final=False it only proves the claim, for work stored in chunks.
        Raises Cancelled (nothing written) when somebody stopped the job or another attempt took it.
        """

    def wait_for_children(self, n_ended: int, done: int, total: int, note: str) -> bool:
        """Let go of the worker until a child ends, then run again from the start; for kinds that are parents.

        n_ended is how many children had ended when the kind looked. False: one more has ended since; look again.
        """


Runner = Callable[[JobContext], dict[str, Any] | None]
Space = Callable[[Any], int]
"""Job row → bytes that it is about to write to files: promised while it runs (web.services.space)."""


def no_space(job: Any) -> int:
    """For work that only writes rows."""
    return 0


@dataclass(frozen=True)
class JobKind:
    """A registered kind: where it runs and for how long at most."""

    name: str
    run: Runner
    queue: str
    timeout_s: int
    space: Space = no_space


_kinds: dict[str, JobKind] = {}


def job_kind(
    name: str, *, queue: str = "default", timeout_s: int = 3600, space: Space = no_space
) -> Callable[[Runner], Runner]:
    """Register the decorated function as the kind `name`; importing twice is harmless."""
    if queue not in QUEUES:
        raise ValueError(f"{queue} is no queue; known are {', '.join(QUEUES)}")

    def register(run: Runner) -> Runner:
        _kinds[name] = JobKind(name, run, queue, timeout_s, space)
        return run

    return register


def kind_of(name: str) -> JobKind:
    """The registered kind; KeyError when no installed app has it."""
    return _kinds[name]


def kind_names() -> list[str]:
    return sorted(_kinds)


def row_id(context: JobContext, name: str) -> uuid.UUID:
    return uuid.UUID(str(context.parameters[name]))
