"""Starting the export and the erasing of an account, and fetching the export."""

from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from accounts.views.data import erase_refusal
from mlops.jobs.models import JobStatus
from mlops.jobs.selectors import job_get_for
from mlops.jobs.services.account import erase_start as begin_erasing
from mlops.jobs.services.account import export_relative
from mlops.jobs.services.account import export_start as begin_export
from web.refusals import NOT_FOUND
from web.services.files import serve_private
from web.views.said import refusals_said


@login_required
@require_POST
def export_start(request: HttpRequest) -> HttpResponse:
    """Start the export, or lead to the one that runs."""
    with refusals_said(request):
        return redirect("mlops:job", pk=begin_export(user=request.user).pk)
    return redirect("accounts:data")


@login_required
@require_GET
def export_download(request: HttpRequest, pk: str) -> HttpResponseBase:
    """The ZIP of one's own export job."""
    job = job_get_for(user=request.user, pk=pk)
    if job.kind != "account.export" or job.owner != request.user or job.status != JobStatus.SUCCEEDED:
        raise Http404(NOT_FOUND)
    return serve_private(
        request, export_relative(job), download_name="fitbalance-export.zip", content_type="application/zip"
    )


@login_required
@require_POST
def erase_start(request: HttpRequest) -> HttpResponse:
    """Check name and password, lock the account, erase it in the background, sign out."""
    refusal = erase_refusal(request)
    if refusal is not None:
        return refusal
    user = request.user
    begin_erasing(user=user, by=user)
    logout(request)
    return redirect("accounts:goodbye")
