"""Reading form reports."""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.services.tokens import token_hash
from sessions.models import FormCorrection, FormOrigin, FormReport, FormShare, Video
from web.refusals import Problem

SERIES_FILE = "series.json"
LANDMARKS_FILE = "landmarks.f32"
ANNOTATED_FILE = "annotated.mp4"
TREND_REPORTS = 30


def report_list(*, user: Any) -> QuerySet[FormReport]:
    """Reports `user` may see, the newest first."""
    rows = FormReport.objects.visible_to(user)
    return rows.select_related("athlete__user", "video", "features", "job", "session").order_by("-created_at", "-pk")


def report_get_for(*, user: Any, pk: Any) -> FormReport:
    """One that `user` may see; 404 for missing and forbidden alike."""
    return get_object_or_404(report_list(user=user), pk=pk)


def report_editable_for(*, user: Any, pk: Any) -> FormReport:
    """One's own; 404 for everything else."""
    rows = FormReport.objects.editable_by(user).select_related("athlete__user", "video", "features", "job", "session")
    return get_object_or_404(rows, pk=pk)


def reports_of(video: Video) -> QuerySet[FormReport]:
    """Reports of a clip, the newest first."""
    return video.form_reports.select_related("job").order_by("-created_at", "-pk")


def report_series(row: FormReport) -> dict[str, Any]:
    """What is known frame by frame: {"t", "angles": {name: […]}, …}. Raises Problem 409 `unreadable_report`."""
    try:
        return json.loads(report_path(row, SERIES_FILE).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise Problem(409, "unreadable_report", _("The report's file is missing. Make the report again.")) from error


def report_path(row: FormReport, name: str) -> Path:
    """Where one of its files lies."""
    return Path(settings.MEDIA_ROOT) / row.file(name)


def trend(row: FormReport, *, user: Any) -> Sequence[FormReport]:
    """Judged reports of the same athlete and exercise that `user` may see, oldest first, up to thirty."""
    if not row.exercise or row.athlete_id is None:
        return []
    rows = report_list(user=user).filter(athlete=row.athlete, exercise=row.exercise, is_judged=True)
    return list(rows.order_by("-filmed_at", "-created_at")[:TREND_REPORTS])[::-1]


def corrections_of(row: FormReport) -> QuerySet[FormCorrection]:
    """What people said its scores should have been, with who they are."""
    return row.corrections.select_related("author")


def share_open(secret: str, *, now: datetime) -> FormShare:
    """The share a link leads to; 404 once it has expired, or its report, video or workout was deleted."""
    share = FormShare.objects.select_related("report__video", "report__session", "report__athlete__user").filter(
        secret_hash=token_hash(secret), expires_at__gt=now
    ).first()  # fmt: skip
    if share is None or share.report.made_at is None or share.report.deleted_at is not None:
        raise Http404
    row = share.report
    source = row.video or (row.session if row.origin == FormOrigin.MIRROR else None)
    if source is not None and source.deleted_at is not None:
        raise Http404
    return share


def address(row: FormReport) -> str:
    return reverse("workouts:form_report", args=[row.pk])
