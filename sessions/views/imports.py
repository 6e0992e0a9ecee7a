"""/import/: files in, settings with a plan that follows every change, dry run, start; sample files to try."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from mlops.jobs.selectors import job_get_for
from mlops.jobs.services.jobs import QuotaExceeded
from sessions.import_channels import told_of
from sessions.import_form import LABEL_MODES, ImportForm
from sessions.models import Recording, SensorLayout, WorkoutSession
from sessions.selectors.copies import likeness_for
from sessions.services.imports.dry_run import import_rehearse
from sessions.services.imports.entries import entries_of, preview_entries
from sessions.services.imports.plan import ImportPlan, plan_import
from sessions.services.imports.sample import sample_import
from sessions.services.imports.start import JOB_KIND, import_start, known_recordings
from sessions.services.sample_files import SAMPLE_FILES
from sessions.views.access import athlete_page
from web.refusals import Problem
from web.services.uploads import upload_delete, upload_get_for

MAX_UPLOADS = 20
MAX_ROWS_SHOWN = 100


@athlete_page
@require_http_methods(["GET", "HEAD", "POST"])
def imports(request: HttpRequest) -> HttpResponse:
    """Without uploads the drop zone, with ?upload=<id> the settings; POST rehearses, starts or discards."""
    ids = request.GET.getlist("upload") or request.POST.getlist("upload")
    if not ids:
        return render(request, "workouts/import.html", {"samples": SAMPLE_FILES.values()})
    if "discard" in request.POST:
        for pk in dict.fromkeys(ids[:MAX_UPLOADS]):
            upload_delete(upload=_upload(request, pk))
        return redirect("workouts:import")
    try:
        context = _context(request, ids)
    except Problem as problem:
        messages.error(request, problem.detail)
        return redirect("workouts:import")
    if request.method == "POST" and "refresh" not in request.POST and context["plan"]:
        form: ImportForm = context["form"]
        try:
            if "dry_run" in request.POST:
                context["rehearsed"] = _rehearse(request, context)
            else:
                job = import_start(
                    user=request.user,
                    uploads=context["uploads"],
                    layout=context["choices"].layout,
                    plan=context["plan"],
                    destination=form.destination(),
                )
                return redirect("workouts:import_job", job.pk)
        except Problem as problem:
            context["error"] = problem.detail
            context["error_url"] = problem.extra.get("url", "")
        except QuotaExceeded as error:
            context["error"] = str(error)
    template = (
        "workouts/includes/import_form.html" if request.headers.get("HX-Request") else "workouts/import_settings.html"
    )
    return render(request, template, context)


def _context(request: HttpRequest, ids: list[str]) -> dict[str, Any]:
    """The form with its plan or the sentence why there is none. Raises Problem for uploads or archives."""
    uploads = [_upload(request, pk) for pk in dict.fromkeys(ids[:MAX_UPLOADS])]
    data = request.POST if request.method == "POST" else request.GET
    told = told_of(data)
    shown = preview_entries(uploads, entries_of(uploads), told)
    form = ImportForm(
        user=request.user,
        data=data,
        shown=shown,
        told=told,
        layouts=list(SensorLayout.objects.visible_to(request.user).filter(base__isnull=True)),
        workouts=list(WorkoutSession.objects.editable_by(request.user)[:30]),
    )
    context: dict[str, Any] = {
        "uploads": uploads,
        "form": form,
        "label_modes": LABEL_MODES,
        "plan": None,
        "choices": None,
        "error": "",
        "max_rows": MAX_ROWS_SHOWN,
        "known": {},
    }
    try:
        context["choices"] = choices = form.choices()
        context["plan"] = plan = plan_import(shown=form.kept, choices=choices)
        context["known"] = known_recordings(athlete=request.athlete, uploads=uploads, plan=plan)
    except Problem as problem:
        context["error"] = problem.detail
    except ValidationError as error:
        context["error"] = error.messages[0]
    return context


def _rehearse(request: HttpRequest, context: dict[str, Any]) -> Any:
    plan: ImportPlan = context["plan"]
    found = import_rehearse(
        athlete=request.athlete, layout=context["choices"].layout, uploads=context["uploads"], plan=plan
    )
    if found is None:
        context["note"] = (
            _("The files are too large to check here. Their first lines are valid. The import checks every line.")
        )
    else:
        good = sum(1 for one in found.values() if not one.error and not one.existing)
        text = _("Check finished: %(good)s of %(n)s recordings can be imported. Nothing was saved.")
        context["note"] = text % {"good": good, "n": len(found)}
    return found


def _upload(request: HttpRequest, pk: str) -> Any:
    try:
        return upload_get_for(user=request.user, pk=uuid.UUID(pk))
    except ValueError:
        raise Http404 from None


@athlete_page
@require_GET
def job(request: HttpRequest, pk: str) -> HttpResponse:
    """The running import, then what became of each recording."""
    row = job_get_for(user=request.user, pk=pk)
    if row.kind != JOB_KIND or row.owner_id != request.user.pk:
        raise Http404
    result = row.result or {}
    ids = [one["id"] for one in (*result.get("created", ()), *result.get("duplicates", ()))]
    rows = Recording.objects.visible_to(request.user).in_bulk(ids)
    existing = {str(pk): recording for pk, recording in rows.items()}
    created = [
        (one["name"], recording, likeness_for(user=request.user, recording=recording) if recording else None)
        for one in result.get("created", ())
        for recording in [existing.get(one["id"])]
    ]
    duplicates = [(one["name"], existing.get(one["id"])) for one in result.get("duplicates", ())]
    context = {"job": row, "created": created, "duplicates": duplicates, "failed": result.get("failed", ())}
    if row.failure_code == "duplicate":
        context["existing_url"] = row.failure_reason.rsplit(" ", 1)[-1]
    return render(request, "workouts/import_job.html", context)


@athlete_page
@require_GET
def sample_file(request: HttpRequest, name: str) -> HttpResponse:
    """A generated file to try the import with."""
    sample = SAMPLE_FILES.get(name)
    if sample is None:
        raise Http404
    response = HttpResponse(sample.make(), content_type=sample.content_type)
    response["Content-Disposition"] = f'attachment; filename="{sample.name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


@athlete_page
@require_POST
def sample_start(request: HttpRequest) -> HttpResponse:
    """Put the generated sample recording into one's own workouts, at once."""
    recording = sample_import(athlete=request.athlete, time_zone=request.user.time_zone)
    return redirect("workouts:recording", recording.pk)
