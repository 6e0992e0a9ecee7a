"""Background work of this app."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Athlete
from burnout.models import CheckInSource
from burnout.services.checkins import own_today
from burnout.services.imports.apple import apple_read, reading_limits
from burnout.services.imports.keep import days_keep
from mlops.jobs.kinds import JobContext, JobFailed, job_kind
from mlops.ml.contract import UnreadableInput
from mlops.ml.limited import in_child
from web.models import Upload
from web.services.uploads import upload_delete, upload_open_path


@job_kind("checkins.apple", timeout_s=6 * 3600)
def checkins_apple(context: JobContext) -> dict[str, Any]:
    """Read an Apple Health export and keep its days. A second attempt finds what the first one kept."""
    upload = Upload.objects.visible_to(context.job.owner).filter(pk=context.parameters["upload"]).first()
    if upload is None:
        raise JobFailed("upload_gone", _("The uploaded file no longer exists. Upload it again."))
    athlete = Athlete.objects.select_related("user").get(user=context.job.owner)

    def on_bytes(done: int, total: int) -> None:
        context.step(done, total, _("Reading the export"))

    try:
        path = upload_open_path(upload)
        found = in_child(apple_read, reading_limits(path.stat().st_size))(path, on_bytes=on_bytes)
    except UnreadableInput as error:
        raise JobFailed(error.code, f"{str(error)[:1].upper()}{str(error)[1:]}".rstrip(".") + ".") from error
    today = own_today(athlete)
    days = {day: answers for day, answers in found.by_day().items() if day <= today}  # a wrong clock tells of no future
    if not days:
        raise JobFailed("nothing_found", _("The export contains no sleep, HRV or resting heart rate."))
    kept = days_keep(
        athlete=athlete, days=days, source=CheckInSource.APPLE,
        on_step=lambda done, total: context.step(done, total, _("Saving days")),
    )
    upload_delete(upload=upload)
    counted = _("%(new)s new days, %(filled)s completed, %(same)s unchanged.") % {
        "new": kept.n_new, "filled": kept.n_filled, "same": kept.n_same
    }
    text = " ".join([counted, *found.notes])
    return {"url": reverse("burnout:recovery"), "label": _("Open recovery"), "text": text}
