"""Pages of what goes out and comes in: import, connect, push, evaluate again, take a published folder away."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from mlops.access import engine_page
from mlops.exchange.forms import ImportForm, PullForm, PushForm, RemoteForm
from mlops.exchange.selectors import logged_run_get_for, logged_run_list, push_list, tasks_to_fill
from mlops.exchange.services.connections import connect_start
from mlops.exchange.services.evaluation import evaluate_start
from mlops.exchange.services.file_imports import file_import_start
from mlops.exchange.services.hub_imports import hub_import_start
from mlops.exchange.services.publishing import folder_zip
from mlops.exchange.services.pushes import push_start
from mlops.figures.figures import curve_figures
from mlops.registry.selectors import imported_versions, version_get_for
from web.refusals import Problem
from web.services.uploads import upload_get_for
from web.views.said import refusals_said

SHOWN = 20


@engine_page
@require_GET
def exchange(request: HttpRequest) -> HttpResponse:
    """What came in, what went out, and the forms for more."""
    return _page(request)


@engine_page
@require_POST
def pull(request: HttpRequest) -> HttpResponse:
    """Look at a repository and fetch it in the background."""
    form = PullForm(request.POST, user=request.user, auto_id="pull-%s")
    if form.is_valid():
        data = form.cleaned_data
        try:
            job = hub_import_start(
                task=data["task"], repository=data["repository"], revision=data["revision"], by=request.user
            )
            return redirect("mlops:job", pk=job.pk)
        except Problem as problem:
            form.add_error("repository", problem.detail)
    return _page(request, status=400, pull_form=form)


@engine_page
@require_POST
def import_model(request: HttpRequest) -> HttpResponse:
    """Check an uploaded model file and register it in the background."""
    form = ImportForm(request.POST, user=request.user, auto_id="import-%s")
    if form.is_valid():
        data = form.cleaned_data
        try:
            if not data["upload"]:
                raise Problem(400, "required", _("Choose a file."))
            upload = upload_get_for(user=request.user, pk=data["upload"])
            job = file_import_start(
                task=data["task"], upload=upload, declared=form.declared, metrics=data["metrics"], by=request.user
            )
            return redirect("mlops:job", pk=job.pk)
        except Problem as problem:
            form.add_error(None, problem.detail)
        except ValidationError as error:
            form.add_error(None, error.messages)
    return _page(request, status=400, import_form=form)


@engine_page
@require_POST
def remote(request: HttpRequest) -> HttpResponse:
    """Evaluate and register an address in the background."""
    form = RemoteForm(request.POST, user=request.user, auto_id="remote-%s")
    if form.is_valid():
        try:
            job = connect_start(task=form.cleaned_data["task"], url=form.cleaned_data["url"], by=request.user)
            return redirect("mlops:job", pk=job.pk)
        except Problem as problem:
            form.add_error("url", problem.detail)
    return _page(request, status=400, remote_form=form)


@engine_page
@require_POST
def push(request: HttpRequest, pk: str) -> HttpResponse:
    """Upload a version to a hub in the background."""
    version = version_get_for(user=request.user, pk=pk)
    form = PushForm(request.POST)
    with refusals_said(request):
        if not form.is_valid():
            raise ValidationError([error for errors in form.errors.values() for error in errors])
        row = push_start(version=version, by=request.user, **form.cleaned_data)
        return redirect("mlops:job", pk=row.job_id)
    return redirect("mlops:version", pk=version.pk)


@engine_page
@require_POST
def judge(request: HttpRequest, pk: str) -> HttpResponse:
    """Evaluate a version from elsewhere on our newest dataset."""
    version = version_get_for(user=request.user, pk=pk)
    with refusals_said(request):
        return redirect("mlops:job", pk=evaluate_start(version=version, by=request.user).pk)
    return redirect("mlops:version", pk=version.pk)


@engine_page
@require_GET
def folder(request: HttpRequest, pk: str) -> HttpResponseBase:
    """The published folder as one ZIP."""
    version = version_get_for(user=request.user, pk=pk)
    with refusals_said(request):
        return folder_zip(version=version)
    return redirect("mlops:version", pk=version.pk)


@engine_page
@require_GET
def logged_run(request: HttpRequest, pk: str) -> HttpResponse:
    """One training from elsewhere."""
    row = logged_run_get_for(user=request.user, pk=pk)
    context = {
        "run": row,
        "params": sorted(row.params.items()),
        "figures": sorted(row.metrics.items()),
        "curves": curve_figures(row.curve) if row.curve else [],
    }
    return render(request, "mlops/logged_run.html", context)


def _page(request: HttpRequest, status: int = 200, **forms: Any) -> HttpResponse:
    user = request.user
    runs = Paginator(logged_run_list(user), SHOWN).get_page(request.GET.get("page"))
    context = {
        "has_tasks": tasks_to_fill(user).exists(),
        "pull_form": forms.get("pull_form") or PullForm(user=user, auto_id="pull-%s"),
        "import_form": forms.get("import_form") or ImportForm(user=user, auto_id="import-%s"),
        "remote_form": forms.get("remote_form") or RemoteForm(user=user, auto_id="remote-%s"),
        "pushes": push_list(user)[:SHOWN],
        "versions": imported_versions(user)[:SHOWN],
        "runs": runs,
        "hub": settings.HUB_ENDPOINT,
        "has_token": bool(settings.HF_TOKEN),
    }
    unseen = [field for form in forms.values() for field in form.hidden_fields() if field.errors]
    if status != 200 and unseen:  # every other error stands beside its field
        messages.error(request, _("Please check the form."))
    return render(request, "mlops/exchange.html", context, status=status)
