"""/recovery/import/: days from a table (looked at first, what is unsure asked) or an Apple Health export."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from accounts.views.access import athlete_page
from burnout.models import ANSWERS
from burnout.services.imports.start import apple_start, days_look, table_keep
from burnout.services.imports.table import validation_error
from mlops.ml.contract import UnreadableInput
from mlops.ml.survival.checkins.readers import LEAVE_OUT, DaysRead
from web.refusals import Problem
from web.selectors.uploads import upload_get_for
from web.services.uploads import upload_delete

N_SHOWN = 12
TOLD = "told-"
SAMPLE = (
    "date,sleep_hours,sleep_quality (1-7),mood (1-7),stress (1-7),fatigue (1-7),soreness (1-7),rpe,minutes,resting_hr,"
    "hrv_rmssd,note\r\n"
    "2026-01-05,7.5,5,5,3,3,2,6,60,58,64.5,Leg day\r\n2026-01-06,6.8,4,5,4,4,4,0,0,60,58.1,Rest\r\n"
)
TITLES = {
    "day": gettext_lazy("Day"), "sleep_hours": gettext_lazy("Sleep, h"),
    "sleep_quality": gettext_lazy("Sleep quality, 1–7"), "stress": gettext_lazy("Stress, 1–7"),
    "soreness": gettext_lazy("Soreness, 1–7"), "mood": gettext_lazy("Mood, 1–7"),
    "fatigue": gettext_lazy("Fatigue, 1–7"), "rpe": gettext_lazy("RPE, 0–10"),
    "minutes": gettext_lazy("Training, min"), "workload": gettext_lazy("Load, AU"),
    "hrv_rmssd": gettext_lazy("HRV RMSSD, ms"), "hrv_sdnn": gettext_lazy("HRV SDNN, ms"),
    "resting_hr": gettext_lazy("Resting heart rate, bpm"), "is_injured": gettext_lazy("Injured"),
    "note": gettext_lazy("Note"),
}  # fmt: skip


@athlete_page
@require_http_methods(["GET", "HEAD", "POST"])
def imports(request: HttpRequest) -> HttpResponse:
    """Without an upload the drop zone; with ?upload=<id> what it holds; POST answers, keeps or discards."""
    pk = request.POST.get("upload") or request.GET.get("upload")
    if not pk:
        return render(request, "burnout/import.html", {"answers": ANSWERS})
    upload = upload_get_for(user=request.user, pk=pk)
    if "discard" in request.POST:
        upload_delete(upload=upload)
        return redirect("burnout:import")
    told = {key.removeprefix(TOLD): value for key, value in request.POST.items() if key.startswith(TOLD) and value}
    athlete = request.athlete  # type: ignore[attr-defined]
    try:
        read = days_look(athlete=athlete, upload=upload, told=told)
    except UnreadableInput as error:
        return _refused(request, upload, validation_error(error).messages[0], is_lost=not told)
    except Problem as problem:
        return _refused(request, upload, problem.detail)
    if read is None:
        return _apple(request, upload)
    error = ""
    if request.method == "POST" and "look" not in request.POST:
        try:
            kept = table_keep(athlete=athlete, upload=upload, read=read, overwrite="overwrite" in request.POST)
        except Problem as problem:
            error = problem.detail
        else:
            text = _(
                "%(n_new)s new days, %(n_filled)s completed, %(n_same)s unchanged."
            ) % {"n_new": kept.n_new, "n_filled": kept.n_filled, "n_same": kept.n_same}
            messages.success(request, text)
            return redirect("burnout:recovery")
    context = {"upload": upload, "error": error, **_preview(read, told), "overwrite": "overwrite" in request.POST}
    return render(request, "burnout/import_preview.html", context, status=422 if error else 200)


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
    return redirect("mlops:job", apple_start(user=request.user, upload=upload).pk)


def _refused(request: HttpRequest, upload: Any, sentence: str, *, is_lost: bool = True) -> HttpResponse:
    """The sentence. A file that cannot be read is forgotten; one that only an answer made unreadable stays."""
    if not is_lost:
        context = {"upload": upload, "error": sentence, "is_stuck": True}
        return render(request, "burnout/import_preview.html", context, status=422)
    upload_delete(upload=upload)
    return render(request, "burnout/import.html", {"answers": ANSWERS, "error": sentence}, status=422)


def _preview(read: DaysRead, told: dict[str, str]) -> dict[str, Any]:
    names = [name for name in TITLES if any(name in answers for answers in read.days.values())]
    shown = sorted(read.days)[-N_SHOWN:]
    rows = [[day, *(read.days[day].get(name) for name in names)] for day in shown]
    open_now = {one.about for one in read.asked}
    used = {one.name: one.title for one in read.columns}
    mapping = [
        {"name": name, "title": title, "told": told.get(f"column.{name}", ""), "found": used.get(name, "")}
        for name, title in TITLES.items()
    ]  # fmt: skip
    return {
        "read": read, "columns": [TITLES[name] for name in ("day", *names)], "rows": rows, "n_days": len(read.days),
        "used": [(TITLES.get(one.name, one.name), one) for one in read.columns], "mapping": mapping,
        "answered": {k: v for k, v in told.items() if k not in open_now and not k.startswith("column.")},
        "leave_out": LEAVE_OUT,
    }  # fmt: skip
