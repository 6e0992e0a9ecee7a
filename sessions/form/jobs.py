"""Background work of form reports."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from mlops.jobs.kinds import JobContext, JobFailed, job_kind
from mlops.models import Job
from sessions.form.services.annotated import ANNOTATED, annotated_make
from sessions.form.services.reports import REPORT, report_make
from sessions.models import FormReport
from web.refusals import Problem


def annotated_space(job: Job) -> int:
    """About what a clip with its report takes."""
    return 64 * 1024 * 1024


@job_kind(ANNOTATED, queue="video", timeout_s=6 * 3600, space=annotated_space)
def annotated(context: JobContext) -> dict[str, Any]:
    """Draw a report over its clip; result: report, url, text."""
    rows = FormReport.all_with_deleted.select_related("video", "features")
    row = rows.filter(pk=context.parameters["report"], video__isnull=False).first()
    if row is None:
        raise JobFailed("report_gone", _("The report was deleted in the meantime."))
    context.result.update(
        {
            "report": str(row.pk), "url": reverse("workouts:form_report", args=[row.pk]), "label": _("Open report"),
            "text": _("The video with the report is ready."),
        }
    )  # fmt: skip
    try:
        annotated_make(row=row, context=context)
    except Problem as problem:
        raise JobFailed(problem.code, problem.detail) from problem
    return {}


@job_kind(REPORT, timeout_s=1800)
def report(context: JobContext) -> dict[str, Any]:
    """Make one form report; result: report, url, text."""
    rows = FormReport.all_with_deleted.select_related("video", "features", "athlete")
    row = rows.filter(pk=context.parameters["report"]).first()
    if row is None:
        raise JobFailed("report_gone", _("The report was deleted in the meantime."))
    if row.job_id != context.job.pk:
        with context.commit(final=False):
            FormReport.all_with_deleted.filter(pk=row.pk).update(job=context.job.pk)
    if row.made_at is None:
        context.result.update(
            {
                "report": str(row.pk), "url": reverse("workouts:form_report", args=[row.pk]),
                "label": _("Open report"), "text": _("The form report is ready."),
            }
        )  # fmt: skip
        try:
            report_make(row=row, context=context)
        except Problem as problem:
            raise JobFailed(problem.code, problem.detail) from problem
    return {}
