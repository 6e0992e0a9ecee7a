"""Fetching parts as jobs: asked for by a person, or by the site itself once it runs."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from mlops.jobs.kinds import JobContext, JobFailed, TransientError
from mlops.jobs.models import Job, JobStatus
from mlops.jobs.services.jobs import job_create
from mlops.ml.contract import Cancelled, MLError
from mlops.ml.hub import Hub
from mlops.ml.parts.catalogue import Part, catalogue, part_of, recommended
from mlops.ml.parts.fetching import WORK, fetch_part
from mlops.ml.parts.shared_archives import archives_release
from mlops.ml.parts.sources import Sources, from_environment
from mlops.ml.parts.store import store
from mlops.parts.selectors import FETCH, fetch_key
from web.refusals import Problem
from web.said import respoken

AGAIN_AFTER = timedelta(hours=1)
"""After a failure the site itself tries again."""
ALL, RECOMMENDED = "all", "recommended"


def sources_here(folder: Path | None = None, order: tuple[str, ...] | None = None) -> Sources:
    """Where this site gets parts from: settings and environment; `folder` goes before PARTS_FROM."""
    folder = folder or (Path(settings.PARTS_FROM) if settings.PARTS_FROM else None)
    hub = Hub(settings.HUB_ENDPOINT, settings.HF_TOKEN, settings.HUB_TIMEOUT_S)
    found = from_environment(hub, folder)
    return found if order is None else Sources(found.folder, found.pypi, found.npm, found.hub, order)


def part_fetch_start(*, name: str, by: Any) -> Job:
    """Queue the fetching of a part; the job that runs already, where one does.

    Raises Problem 404 `not_found`, 409 `installed`, `not_fetchable`; QuotaExceeded.
    """
    part = catalogue().get(name)
    if part is None:
        raise Problem(404, "not_found", _("The catalogue has no part of that name."))
    if not part.files and part.hub is None:
        raise Problem(409, "not_fetchable", _("This part cannot be fetched here."))
    if store().find(name) is not None:
        raise Problem(409, "installed", _("This part is installed."))
    return _queue(part, by)


def part_remove(*, name: str) -> None:
    """Delete an installed part. Raises Problem 404 `not_found`, 409 `busy` while it is being fetched."""
    if name not in catalogue() or store().find(name) is None:
        raise Problem(404, "not_found", _("This part is not installed."))
    if Job.objects.filter(kind=FETCH, dedupe_key=fetch_key(name)).open().exists():
        raise Problem(409, "busy", _("This part is being fetched. Stop the job first."))
    store().remove(name)


def part_fetch_run(*, context: JobContext, name: str) -> None:
    """Have the part in the store. Raises JobFailed with what was wrong with each source, TransientError."""
    try:
        part = part_of(name)
        fetch_part(part, store(), sources_here(), _steps(context), later=_later(part))
    except Cancelled:
        raise
    except MLError as error:
        if getattr(error, "is_transient", False):
            raise TransientError(respoken(str(error))) from error
        raise JobFailed(error.code, respoken(str(error))) from error
    context.result.update(text=f"{part.title} is installed.", url="/ml/parts/", label="Open parts")


def _later(part: Part) -> list[Part]:
    """Parts that wait for their turn or are being fetched: an archive that they share is not downloaded again."""
    names = Job.objects.filter(kind=FETCH).open().values_list("parameters__part", flat=True)
    return [catalogue()[name] for name in names if name in catalogue() and name != part.name]


def _steps(context: JobContext) -> Any:
    """Bytes as megabytes, which a person reads."""

    def tell(done: int, total: int, note: str) -> None:
        done_mb, total_mb = done // 1_000_000, max(1, total // 1_000_000)
        words = f"{note}: {done_mb} of {total_mb} MB" if done < total else note
        context.step(done_mb, total_mb, words)

    return tell


def parts_wanted() -> list[Part]:
    """What the site fetches by itself (FITBALANCE_PARTS)."""
    if settings.PARTS == ALL:
        return [part for part in catalogue().values() if part.files]
    return recommended() if settings.PARTS == RECOMMENDED else []


def parts_keep() -> None:
    """Chore: queue what is wanted and missing; an hour after a failure again, never what a person stopped.

    Archives that were kept for a part that nobody waits for any more are deleted.
    """
    if not Job.objects.filter(kind=FETCH).open().exists():
        archives_release(store().root / WORK, [])
    missing = [part for part in parts_wanted() if store().find(part.name) is None]
    if not missing:
        return
    ended = dict(
        Job.objects.filter(kind=FETCH, dedupe_key__in=[fetch_key(part.name) for part in missing])
        .values_list("dedupe_key")
        .annotate(last=Max("created_at"))
    )
    for part in missing:
        last = ended.get(fetch_key(part.name))
        if last is not None:
            job = Job.objects.filter(dedupe_key=fetch_key(part.name), created_at=last).get()
            is_recent = job.ended_at is None or timezone.now() - job.ended_at < AGAIN_AFTER
            if job.status == JobStatus.CANCELLED or (is_recent and job.status != JobStatus.SUCCEEDED):
                continue
        _queue(part, None)


def _queue(part: Part, by: Any) -> Job:
    return job_create(
        kind=FETCH,
        title=f"Fetch {part.title}",
        owner=by,
        parameters={"part": part.name},
        is_engine=True,
        dedupe_key=fetch_key(part.name),
    )
