"""/recovery/import/: days from a CSV (looked at first) or an Apple Health export (in the background)."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.views.access import athlete_page
from burnout.models import ANSWERS, CheckInSource
from burnout.services.checkins import own_today
from burnout.services.imports.keep import days_keep
from burnout.services.imports.table import Plan, table_plan, validation_error
from mlops.ml.contract import UnreadableInput
from mlops.services.jobs import job_create
from web.refusals import Problem
from web.selectors.uploads import upload_get_for
from web.services.sniff import FileKind, sniff
from web.services.uploads import upload_delete, upload_open_path

N_SHOWN = 12
SAMPLE = (
    "date,sleep_hours,sleep_quality,mood,stress,fatigue,soreness,rpe,minutes,resting_hr,hrv_rmssd,note\r\n"
    "2026-01-05,7.5,5,5,3,3,2,6,60,58,64.5,Leg day\r\n2026-01-06,6.8,4,5,4,4,4,0,0,60,58.1,Rest\r\n"
)


@athlete_page
@require_http_methods(["GET", "HEAD", "POST"])
def imports(request: HttpRequest) -> HttpResponse:
    """Without an upload the drop zone; with ?upload=<id> what it holds; POST keeps or discards."""
    pk = request.POST.get("upload") or request.GET.get("upload")
    if not pk:
        return render(request, "burnout/import.html", {"answers": ANSWERS})
    upload = upload_get_for(user=request.user, pk=pk)
    if "discard" in request.POST:
        upload_delete(upload=upload)
        return redirect("burnout:import")
    try:
        path = upload_open_path(upload)
        kind = sniff(path)
        if kind in (FileKind.ZIP, FileKind.XML):
            return _apple(request, upload)
        plan = table_plan(path, today=own_today(request.athlete))  # type: ignore[attr-defined]
    except UnreadableInput as error:
        return _refused(request, upload, validation_error(error).messages[0])
    except Problem as problem:
        return _refused(request, upload, problem.detail)
    if request.method == "POST" and plan.days:
        kept = days_keep(
            athlete=request.athlete, days=plan.days, source=CheckInSource.CSV,  # type: ignore[attr-defined]
            overwrite="overwrite" in request.POST,
        )
        upload_delete(upload=upload)
        text = f"{kept.n_new} new days, {kept.n_filled} completed, {kept.n_same} unchanged."
        messages.success(request, text)
        return redirect("burnout:recovery")
    return render(request, "burnout/import_preview.html", {"upload": upload, **_preview(plan)})


@athlete_page
@require_GET
def sample(request: HttpRequest) -> HttpResponse:
    """A small CSV with the columns that are known."""
    answer = HttpResponse(SAMPLE, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="check-ins.csv"'
    return answer


def _apple(request: HttpRequest, upload: Any) -> HttpResponse:
    if request.method != "POST":
        return render(request, "burnout/import_preview.html", {"upload": upload, "is_apple": True})
    job = job_create(
        kind="checkins.apple", title="Import days from Apple Health", owner=request.user,
        parameters={"upload": str(upload.pk)}, dedupe_key=f"checkins.apple:{upload.pk}",
    )
    return redirect("mlops:job", job.pk)


def _refused(request: HttpRequest, upload: Any, sentence: str) -> HttpResponse:
    upload_delete(upload=upload)
    return render(request, "burnout/import.html", {"answers": ANSWERS, "error": sentence}, status=422)


def _preview(plan: Plan) -> dict[str, Any]:
    names = [name for name in plan.columns if name != "day"]
    shown = sorted(plan.days)[-N_SHOWN:]
    rows = [[f"{day:%Y-%m-%d}", *(plan.days[day].get(name) for name in names)] for day in shown]
    columns = ["Day", *(plan.columns[name] for name in names)]
    return {"plan": plan, "columns": columns, "rows": rows, "n_days": len(plan.days)}
