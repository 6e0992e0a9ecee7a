"""Pages of background jobs."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from mlops.jobs.models import JobStatus
from mlops.jobs.selectors import job_get_for, job_list
from mlops.jobs.services.jobs import job_cancel, job_retry
from web.views.said import refusals_said

PAGE_SIZE = 50


@login_required
@require_GET
def jobs(request: HttpRequest) -> HttpResponse:
    """All jobs one may see, newest first; `?status=` narrows."""
    rows = job_list(request.user)
    status = request.GET.get("status", "")
    if status in JobStatus.values:
        rows = rows.filter(status=status)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "mlops/jobs.html", {"page": page, "status": status, "statuses": JobStatus.choices})


@login_required
@require_GET
def job(request: HttpRequest, pk: str) -> HttpResponse:
    """One job, live."""
    return render(request, "mlops/job.html", {"job": job_get_for(user=request.user, pk=pk)})


@login_required
@require_GET
def job_card(request: HttpRequest, pk: str) -> HttpResponse:
    """The fragment that polls itself while the job is open."""
    return render(request, "mlops/job_card.html", {"job": job_get_for(user=request.user, pk=pk)})


@login_required
@require_POST
def cancel(request: HttpRequest, pk: str) -> HttpResponse:
    """Stop it; answers with the card for htmx, else leads back to the job."""
    row = job_cancel(job=job_get_for(user=request.user, pk=pk), by=request.user)
    if request.headers.get("HX-Request"):
        return render(request, "mlops/job_card.html", {"job": row})
    return redirect("mlops:job", pk=row.pk)


@login_required
@require_POST
def retry(request: HttpRequest, pk: str) -> HttpResponse:
    """Start it again as a new job."""
    old = job_get_for(user=request.user, pk=pk)
    with refusals_said(request):
        return redirect("mlops:job", pk=job_retry(job=old, by=request.user).pk)
    return redirect("mlops:job", pk=old.pk)
