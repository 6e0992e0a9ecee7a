"""Export and erase of an account as background jobs."""

import shutil
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.services.erase import erasure_begin
from mlops.jobs.models import Job
from mlops.jobs.services.jobs import job_create

EXPORTS = "exports"
EXPORT_KEPT_S = 7 * 24 * 3600


def export_start(*, user: Any) -> Job:
    """Put everything about `user` into a ZIP that only they can download, for a week."""
    return job_create(
        kind="account.export",
        title=_("Export my account"),
        owner=user,
        parameters={"user": user.pk},
        dedupe_key=f"account.export:{user.pk}",
    )


def erase_start(*, user: Any, by: Any) -> Job:
    """Lock the account now and erase it in the background. Whether it may happen was checked before."""
    with transaction.atomic():
        job = job_create(
            kind="account.erase",
            title="Erase account",
            owner=None,
            parameters={"user": user.pk, "by": by.pk},
            dedupe_key=f"account.erase:{user.pk}",
        )
        erasure_begin(user=user, by=by)
    return job


def export_relative(job: Job) -> str:
    """Where the ZIP of an export job lies below MEDIA_ROOT."""
    return f"{EXPORTS}/{job.parameters['user']}/{job.pk}.zip"


def exports_bytes(user: Any) -> int:
    """What a person's exports take for now."""
    return sum(path.stat().st_size for path in Path(settings.MEDIA_ROOT, EXPORTS, str(user.pk)).glob("*"))


def exports_remove(user: Any) -> None:
    """Before erasing: earlier exports are copies of everything."""
    shutil.rmtree(Path(settings.MEDIA_ROOT, EXPORTS, str(user.pk)), ignore_errors=True)


def exports_expire() -> None:
    """A chore: exports older than a week go."""
    for path in Path(settings.MEDIA_ROOT, EXPORTS).glob("*/*"):
        if time.time() - path.stat().st_mtime > EXPORT_KEPT_S:
            path.unlink(missing_ok=True)
