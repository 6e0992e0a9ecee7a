"""Background work of this app."""

import uuid
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Athlete
from mlops.jobs.kinds import JobContext, JobFailed, job_kind
from mlops.jobs.models import Job
from mlops.ml.contract import Cancelled, MLError
from sessions.models import Recording, SensorLayout, WorkoutSession
from sessions.selectors.copies import likeness_for
from sessions.services.imports.run import Duplicate, Importer, Progress, default_start, explain
from sessions.services.workouts import workout_create
from web.full_disk import disk_is_full
from web.models import Upload
from web.services.archives import BadArchive
from web.services.uploads import upload_delete, upload_open_path


def import_space(job: Job) -> int:
    """Samples take less than the text they came as; a member of an archive is kept beside it."""
    return sum(file["size"] for planned in job.parameters["recordings"] for file in planned["files"])


@job_kind("recording.import", timeout_s=3600, space=import_space)
def recording_import(context: JobContext) -> dict[str, Any]:
    """Store every planned recording whole or not at all; result: created, duplicates, failed, copies, url, text.

    Fails as a whole only when nothing new came of it. A second attempt finds what the first one stored.
    """
    plan = context.parameters
    athlete = Athlete.objects.get(user=context.job.owner)
    layout = SensorLayout.objects.visible_to(context.job.owner).select_related("base").get(pk=plan["layout"])
    uploads = list(Upload.objects.visible_to(context.job.owner).filter(pk__in=plan["uploads"]))
    if len(uploads) != len(plan["uploads"]):
        raise JobFailed("upload_gone", _("The uploaded files are no longer available. Upload them again."))
    importer = Importer(
        athlete=athlete,
        layout=layout,
        plan=plan,
        paths={str(u.pk): upload_open_path(u) for u in uploads},
        session_for=lambda begin: _workout(context, athlete, begin),
        started_at=_started_at(plan, athlete),
        commit=lambda: context.commit(final=False),
    )
    total = sum(file["size"] for planned in plan["recordings"] for file in planned["files"])
    progress = Progress(max(1, total), context.step)
    created: list[dict[str, str]] = []
    duplicates: list[dict[str, str]] = []
    failed: list[dict[str, str]] = []
    copies: list[dict[str, str]] = []
    done = 0
    for n, planned in enumerate(plan["recordings"]):
        try:
            recording = importer.store(planned, uuid.uuid5(context.job.pk, str(n)), progress, done)
            created.append({"name": planned["name"], "id": str(recording.pk)})
            likeness = likeness_for(user=context.job.owner, recording=recording)
            if likeness is not None:
                other = str(likeness.recording.pk) if likeness.recording else ""
                copies.append({"id": str(recording.pk), "of": other, "text": likeness.text})
                context.log(f"{planned['name']}: {likeness.text}")
            context.log(f"{planned['name']}: {recording.n_samples} samples, {recording.duration_s:.1f} s")
        except Cancelled:
            raise
        except Duplicate as error:
            duplicates.append({"name": planned["name"], "id": str(error.existing.pk)})
            context.log(f"{planned['name']}: already imported")
        except (MLError, BadArchive) as error:
            if disk_is_full(error):
                raise
            code, why = explain(error)
            failed.append({"name": planned["name"], "code": code, "message": why})
            context.log(f"{planned['name']}: {why}")
        done += sum(file["size"] for file in planned["files"])
    if created or not failed:
        for upload in uploads:
            upload_delete(upload=upload)
    if not created:
        _nothing_new(duplicates, failed)
    told = {"created": created, "duplicates": duplicates, "failed": failed, "copies": copies}
    return {**told, **_where(created, duplicates, failed)}


def _workout(context: JobContext, athlete: Athlete, begin: datetime) -> WorkoutSession:
    """The chosen workout, or the new one of this job (made with the first recording that is stored)."""
    plan = context.parameters
    if plan["session"]:
        workout = WorkoutSession.objects.filter(athlete=athlete, pk=plan["session"]).first()
        if workout is None:
            raise JobFailed("workout_gone", _("The workout was deleted in the meantime. Choose another one."))
        return workout
    pk = uuid.uuid5(context.job.pk, "workout")
    known = WorkoutSession.all_with_deleted.filter(pk=pk).first()
    title = plan["title"] or _("Workout on %(day)s") % {"day": date_format(begin, "j F Y")}
    return known or workout_create(
        pk=pk, athlete=athlete, title=title, started_at=begin, time_zone=plan["time_zone"] or "UTC"
    )


def _started_at(plan: dict[str, Any], athlete: Athlete) -> datetime:
    if plan["session"] and not plan["started_at"]:
        workout = WorkoutSession.objects.filter(athlete=athlete, pk=plan["session"]).first()
        if workout:
            return workout.started_at
    return default_start(plan["started_at"])


def _nothing_new(duplicates: list[dict[str, str]], failed: list[dict[str, str]]) -> None:
    if duplicates and not failed:
        address = reverse("workouts:recording", args=[duplicates[0]["id"]])
        n = len(duplicates)
        text = ngettext("This file was already imported.", "All %(n)s recordings were already imported.", n) % {"n": n}
        raise JobFailed("duplicate", f"{text} {address}")
    first = failed[0]
    raise JobFailed(first["code"], f"{first['name']}: {first['message']}")


def _where(created: list, duplicates: list, failed: list) -> dict[str, str]:
    """Where the result is: the one recording, or the workout of several; and one sentence."""
    recording = Recording.all_with_deleted.get(pk=created[0]["id"])
    several = len(created) > 1
    url = (
        reverse("workouts:workout", args=[recording.session_id])
        if several
        else reverse("workouts:recording", args=[recording.pk])
    )
    told = [
        (len(created), ngettext("The recording is imported.", "%(n)s recordings imported.", len(created))),
        (len(duplicates), ngettext("%(n)s was already there.", "%(n)s were already there.", len(duplicates))),
        (len(failed), ngettext("%(n)s could not be read.", "%(n)s could not be read.", len(failed))),
    ]
    return {"url": url, "text": " ".join(text % {"n": n} for n, text in told if n)}
