"""/videos/live/: what is done before a camera, named as it happens; the pictures stay in the browser."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from mlops.access import is_engine_staff
from sessions.video.selectors.live import CAPTIONER, POSES, RUNTIME, clips_to_play, pose_files, pose_parts
from sessions.video.services.task_models import task_models_listed


@login_required
@require_GET
def live(request: HttpRequest) -> HttpResponse:
    """Camera, clip or file → skeleton, label, confidence, latency."""
    states = pose_parts()
    files = pose_files(states)
    is_missing = [name for name in (RUNTIME, POSES[0]) if files is None and states[name].installed is None]
    clips = clips_to_play(user=request.user)
    context = {
        "missing": is_missing, "is_ready": files is not None, "models": task_models_listed(user=request.user),
        "clips": clips, "poses": [one["name"] for one in files["models"]] if files else [],
        "captioner": states[CAPTIONER], "is_staff": is_engine_staff(request.user),
        "config": {
            **(files or {}), "socket": "/ws/videos/live/",
            "clips": {str(row.pk): reverse("workouts:video_file", args=[row.pk, "video"]) for row in clips},
        },
    }  # fmt: skip
    return render(request, "videos/live.html", context)
