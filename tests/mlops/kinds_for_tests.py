"""Job kinds that only tests run: obedient, slow, stuck and broken ones."""

import os
import signal
import time
from pathlib import Path

from mlops.jobs.kinds import JobContext, JobFailed, TransientError, job_kind
from mlops.models import LabelSet


@job_kind("test.write")
def write(context: JobContext) -> dict:
    """Take `steps` of `step_s`, then leave one LabelSet and one file named after the job."""
    total = int(context.parameters.get("steps", 3))
    for done in range(total):
        context.step(done, total, f"Step {done}")
        time.sleep(float(context.parameters.get("step_s", 0)))
    context.log("all steps done")
    with context.commit():
        LabelSet.objects.create(name=f"made by {context.job.pk}", labels=[{"name": str(context.job.attempt)}])
        context.result["url"] = "/made/"
    folder = context.parameters.get("folder")
    if folder:
        Path(folder, str(context.job.pk)).write_text(str(context.job.attempt))
    return {"text": "Made one."}


@job_kind("test.die_once")
def die_once(context: JobContext) -> dict:
    """The first attempt is killed like an out-of-memory process; the second one works."""
    if context.job.attempt == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return write(context)


@job_kind("test.die_always")
def die_always(context: JobContext) -> dict:
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


@job_kind("test.hang")
def hang(context: JobContext) -> dict:
    """Never looks up again, like native code. With `hold` it keeps the interpreter lock as well."""
    if context.parameters.get("hold"):
        import ctypes

        ctypes.PyDLL(None).sleep(3600)
    while True:
        time.sleep(3600)


@job_kind("test.fail")
def fail(context: JobContext) -> dict:
    raise JobFailed("no_good", "This file holds no samples.")


@job_kind("test.greedy")
def greedy(context: JobContext) -> dict:
    """Asks for more memory than there is, in the words of Python or of a numeric library."""
    if words := context.parameters.get("words"):
        raise RuntimeError(words)
    raise MemoryError


@job_kind("test.bug")
def bug(context: JobContext) -> dict:
    raise ZeroDivisionError("secret detail of a bug")


@job_kind("test.transient")
def transient(context: JobContext) -> dict:
    raise TransientError("The hub is busy")
