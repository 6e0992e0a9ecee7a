"""Where a training keeps what it has learned so far, so that a killed worker's next attempt goes on from there.

Each attempt writes only into its own folder, named by its claim token, and begins with a copy of the newest one
before it: a stale worker that wakes up can never overwrite what the attempt that replaced it has written.
"""

import shutil
from pathlib import Path

from django.conf import settings

from mlops.jobs.kinds import JobContext
from mlops.jobs.models import ENDED, Job

CHECKPOINTS = "checkpoints"


def checkpoints_root() -> Path:
    return Path(settings.MEDIA_ROOT, CHECKPOINTS)


def checkpoint_dir(context: JobContext) -> Path:
    """The private folder of this attempt, holding a copy of what the latest attempt before it left."""
    job = context.job
    root = checkpoints_root() / str(job.pk)
    own = root / f"{job.attempt:03d}-{job.claim_token.hex}"
    if own.is_dir():
        return own
    root.mkdir(parents=True, exist_ok=True)
    earlier = sorted(path for path in root.iterdir() if path.name[:3].isdigit() and int(path.name[:3]) < job.attempt)
    for path in reversed(earlier):
        if any(path.glob("epoch-*")):
            # A writer that is still alive may change it meanwhile; a damaged copy is noticed by its hash.
            shutil.copytree(path, own, ignore_dangling_symlinks=True, ignore=shutil.ignore_patterns(".*"))
            context.log(f"Resuming from attempt {int(path.name[:3])}")
            break
    own.mkdir(exist_ok=True)
    return own


def checkpoints_remove(job: Job) -> None:
    """Remove everything a job kept; harmless when there is nothing."""
    shutil.rmtree(checkpoints_root() / str(job.pk), ignore_errors=True)


def checkpoints_tidy() -> None:
    """A chore: remove what ended or vanished jobs left behind."""
    root = checkpoints_root()
    if not root.is_dir():
        return
    names = {path.name for path in root.iterdir()}
    open_jobs = Job.objects.exclude(status__in=ENDED).filter(pk__in=[name for name in names if len(name) == 36])
    for name in names - {str(pk) for pk in open_jobs.values_list("pk", flat=True)}:
        shutil.rmtree(root / name, ignore_errors=True)
