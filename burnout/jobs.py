"""Background work of this app."""

from typing import Any

from django.urls import reverse

from accounts.models import Athlete
from burnout.models import CheckInSource
from burnout.services.checkins import own_today
from burnout.services.imports.apple import apple_days
from burnout.services.imports.keep import days_keep
from mlops.job_kinds import JobContext, JobFailed, job_kind
from mlops.ml.contract import UnreadableInput
from web.models import Upload
from web.services.uploads import upload_delete, upload_open_path


@job_kind("checkins.apple", timeout_s=6 * 3600)
def checkins_apple(context: JobContext) -> dict[str, Any]:
    """Read an Apple Health export and keep its days. A second attempt finds what the first one kept."""
    upload = Upload.objects.visible_to(context.job.owner).filter(pk=context.parameters["upload"]).first()
    if upload is None:
        raise JobFailed("upload_gone", "The uploaded file is no longer there. Upload it again.")
    athlete = Athlete.objects.select_related("user").get(user=context.job.owner)

    def on_bytes(done: int, total: int) -> None:
        context.step(done, total, "Reading the export")

    try:
        found = apple_days(upload_open_path(upload), on_bytes=on_bytes)
    except UnreadableInput as error:
        raise JobFailed(error.code, f"{str(error)[:1].upper()}{str(error)[1:]}.") from error
    today = own_today(athlete)
    days = {day: answers for day, answers in found.days.items() if day <= today}  # a wrong clock tells of no future
    if not days:
        raise JobFailed("nothing_found", "The export holds no sleep, HRV or resting heart rate.")
    kept = days_keep(
        athlete=athlete, days=days, source=CheckInSource.APPLE,
        on_step=lambda done, total: context.step(done, total, "Keeping days"),
    )
    upload_delete(upload=upload)
    text = f"{kept.n_new} new days, {kept.n_filled} completed, {kept.n_same} unchanged."
    return {"url": reverse("burnout:recovery"), "label": "Open recovery", "text": text}
