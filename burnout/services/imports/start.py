"""An upload of days, for the page and the API alike: looked at, asked about, kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Athlete
from burnout.models import CheckInSource
from burnout.services.imports.apple import LOOKING, export_member
from burnout.services.imports.keep import Kept, days_keep
from burnout.services.imports.table import table_read
from mlops.jobs.services.jobs import job_create
from mlops.ml.contract import UnreadableInput
from mlops.ml.limited import in_child
from mlops.ml.survival.checkins.readers import DaysRead
from mlops.models import Job
from web.models import Upload
from web.refusals import Problem
from web.services.sniff import FileKind, sniff
from web.services.uploads import upload_delete, upload_open_path


def days_look(*, athlete: Athlete, upload: Upload, told: Mapping[str, str] | None = None) -> DaysRead | None:
    """What an upload holds; None for an export of Apple Health, which is read in the background.

    Raises UnreadableInput, and Problem for an upload that is not complete.
    """
    path = upload_open_path(upload)
    kind = sniff(path)
    if kind in (FileKind.ZIP, FileKind.XML):
        in_child(export_member, LOOKING)(path)
        return None
    if kind in (FileKind.HTML, FileKind.SVG):
        raise UnreadableInput("this is a web page, not a table of days", code="wrong_format")
    return table_read(athlete=athlete, path=path, told=told)


def apple_start(*, user: Any, upload: Upload) -> Job:
    """Read an export of Apple Health in the background; asked twice it is one job."""
    return job_create(
        kind="checkins.apple",
        title=_("Import days from Apple Health"),
        owner=user,
        parameters={"upload": str(upload.pk)},
        dedupe_key=f"checkins.apple:{upload.pk}",
    )


def table_keep(*, athlete: Athlete, upload: Upload, read: DaysRead, overwrite: bool = False) -> Kept:
    """Keep the days of a table and forget the file. Raises Problem 400 `answer_needed`, with what is `asked`, while
    something is open, and 422 `nothing_found` without a day; the upload stays, nothing is lost."""
    if read.asked:
        asked = read.facts()["asked"]
        errors = [{"field": one["about"], "code": "answer_needed", "message": one["text"]} for one in asked]
        raise Problem(400, "answer_needed", read.asked[0].text, errors=errors, asked=asked)
    if not read.days:
        raise Problem(422, "nothing_found", _("The file contains no usable days."))
    kept = days_keep(athlete=athlete, days=read.by_day(), source=CheckInSource.CSV, overwrite=overwrite)
    upload_delete(upload=upload)
    return kept
