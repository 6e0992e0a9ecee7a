"""Background work of form reports."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from mlops.jobs.kinds import JobContext, JobFailed, job_kind
from sessions.form.services.reports import REPORT, report_make
from sessions.models import FormReport
from web.refusals import Problem


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
