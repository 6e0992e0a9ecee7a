"""Starting an import: the plan is checked against what the athlete already has, then handed to the job."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.services.athletes import athlete_for
from mlops.jobs.services.jobs import job_create
from mlops.models import Job
from sessions.models import Recording, SensorLayout, WorkoutSession
from sessions.services.imports.plan import ImportPlan, ImportRefused
from sessions.services.recordings import fingerprint_of

JOB_KIND = "recording.import"


@dataclass(frozen=True)
class Destination:
    """The workout the recordings go to: an existing one of the athlete, or a new one of this title and start."""

    workout: WorkoutSession | None = None
    title: str = ""
    started_at: datetime | None = None
    time_zone: str = "UTC"


def import_start(*, user, uploads: Sequence, layout: SensorLayout, plan: ImportPlan, destination: Destination) -> Job:
    """Queue the job that imports `plan`. Raises ImportRefused (409 `duplicate`) and QuotaExceeded.

    All arguments have passed the caller's access filter; uploads are complete and the caller's own.
    """
    athlete = athlete_for(user)
    if not plan.included:
        raise ImportRefused(_("Choose at least one recording to import."), code="nothing_chosen")
    refuse_known(athlete=athlete, uploads=uploads, plan=plan)
    n = len(plan.included)
    title = _("Import %(name)s") % {"name": plan.included[0].name}
    if n > 1:
        title = ngettext("Import %(n)s recording", "Import %(n)s recordings", n) % {"n": n}
    parameters = {
        **plan.to_dict(),
        "uploads": [str(upload.pk) for upload in uploads],
        "layout": str(layout.pk),
        "session": str(destination.workout.pk) if destination.workout else "",
        "title": destination.title.strip()[:120],
        "started_at": destination.started_at.isoformat() if destination.started_at else "",
        "time_zone": destination.time_zone,
    }
    return job_create(kind=JOB_KIND, title=title, owner=user, parameters=parameters)


def refuse_known(*, athlete, uploads: Sequence, plan: ImportPlan) -> None:
    """Raise 409 `duplicate` when the only planned recording is there already; more are sorted out by the job."""
    known = known_recordings(athlete=athlete, uploads=uploads, plan=plan)
    if known and len(known) == len(plan.included):
        first = next(iter(known.values()))
        text = ngettext(
            "You already imported this file on %(day)s.", "You already imported these files on %(day)s.", len(known)
        )
        raise ImportRefused(
            text % {"day": date_format(first.created_at, "j F Y")},
            code="duplicate",
            status=409,
            recording=str(first.pk),
            url=f"/recordings/{first.pk}/",
        )


def known_recordings(*, athlete, uploads: Sequence, plan: ImportPlan) -> dict[int, Recording]:
    """position → recording of the athlete with the same files, where that is known without unpacking."""
    digests = {str(upload.pk): upload.sha256 for upload in uploads}
    prints: dict[str, int] = {}
    for planned in plan.included:
        if all(not file.member and digests.get(file.upload) for file in planned.files):
            prints[fingerprint_of(digests[file.upload] for file in planned.files)] = planned.position
    rows = Recording.objects.filter(session__athlete=athlete, fingerprint__in=list(prints))
    return {prints[row.fingerprint]: row for row in rows}
