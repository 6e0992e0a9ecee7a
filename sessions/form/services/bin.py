"""Form reports in the bin: taken back, or removed for good."""

from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import ConsentKind, LearningScope
from sessions.form.words import exercise_title
from sessions.models import FormOrigin, FormReport
from web.registries.bin import BinKind
from web.services.bin import bin_empty, expired


def reports_binned(user: Any) -> QuerySet[FormReport]:
    """Reports that somebody deleted; those of a deleted clip, or of a deleted workout of the mirror, go with it."""
    rows: QuerySet[FormReport] = FormReport.all_with_deleted.filter(Q(owner=user) | Q(athlete__user=user))
    gone = Q(origin=FormOrigin.MIRROR, session__deleted_at__isnull=False)
    return rows.filter(deleted_at__isnull=False, video__deleted_at__isnull=True).exclude(gone)


def report_restore(row: FormReport) -> None:
    """Take a deletion back."""
    FormReport.all_with_deleted.filter(pk=row.pk).update(deleted_at=None)


def report_purge(row: FormReport) -> None:
    """Remove it with its corrections, links and files, if it is still in the bin."""
    found = FormReport.all_with_deleted.filter(pk=row.pk, deleted_at__isnull=False).first()
    if found is not None:
        found.delete()


def reports_expire() -> None:
    """A chore: what lay in the bin for thirty days goes for good."""
    for row in expired(FormReport.all_with_deleted.all()):
        report_purge(row)


def reports_withdrawn(user: Any, kind: str, scope: str) -> None:
    """Who withdraws the learning consent for sensor data and landmarks has deleted reports removed at once."""
    if kind == ConsentKind.LEARNING and scope == LearningScope.SENSOR:
        bin_empty(user=user, names=(FORM_REPORTS.name,))


def report_words(row: FormReport) -> str:
    """ "Squat, 3 May"."""
    name = exercise_title(row.exercise) if row.exercise else _("Form report")
    return f"{name}, {date_format(localtime(row.filmed_at or row.created_at), 'j F')}"


FORM_REPORTS = BinKind(
    "form-report", gettext_lazy("Form report"), reports_binned, report_words, report_restore, report_purge,
    lambda row: reverse("workouts:form_report", args=[row.pk]),
)
