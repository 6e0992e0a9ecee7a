"""/mirror/: stand in front of the camera; repetitions are counted and judged in the browser."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from sessions.form.selectors.table import table_shown
from sessions.video.selectors.live import POSES, RUNTIME, pose_files, pose_parts


@login_required
@require_GET
def mirror(request: HttpRequest) -> HttpResponse:
    """The page; everything on it runs on the device."""
    states = pose_parts()
    files = pose_files(states)
    table = table_shown()
    context = {
        "exercises": table["exercises"], "chosen": request.GET.get("exercise", "squat"),
        "is_ready": files is not None,
        "missing": [name for name in (RUNTIME, POSES[0]) if files is None and states[name].installed is None],
        "config": {
            **(files or {}), "table": table, "send": reverse("workouts_api:form_mirror"), "owner": str(request.user.pk),
            "report": reverse("workouts:form_reports"),
        },
    }  # fmt: skip
    return render(request, "form/mirror.html", context)
