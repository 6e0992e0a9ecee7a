"""/live/: stream a recording, a file or the sample and see what the model says; /live/<session>/: watch one."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from sessions.models import SensorLayout
from sessions.selectors.live import live_session_get_for, live_task_for, recordings_to_replay, streams_live
from sessions.views.access import athlete_page


@athlete_page
@require_GET
def live(request: HttpRequest) -> HttpResponse:
    """Choose a source and stream it."""
    recordings = list(recordings_to_replay(user=request.user))
    config = {
        "recordings": [
            {
                "id": str(row.pk), "session": str(row.session_id), "layout": row.layout.key,
                "rate_hz": row.rate_hz or row.layout.rate_hz, "duration_s": row.duration_s,
                "channels": row.layout.channel_names,
                "samples": reverse("workouts_api:recording_samples", args=[row.pk]),
            }
            for row in recordings
        ],
        "layouts": [
            {"key": row.key, "title": row.title, "rate_hz": row.rate_hz, "channels": row.channel_names}
            for row in SensorLayout.objects.visible_to(request.user)
        ],
        "owner": str(request.user.pk),
        "sample": reverse("workouts_api:live_sample"),
    }
    chosen = request.GET.get("recording", "")
    context = {
        "config": config, "recordings": recordings, "chosen": chosen,
        "source": "recording" if recordings else "sample",
        "has_task": live_task_for(layout_key="flextail") is not None,
        "speeds": (1, 2, 5, 10, 20),
    }
    return render(request, "workouts/live.html", context)


@login_required
@require_GET
def watch(request: HttpRequest, pk: Any) -> HttpResponse:
    """Look at a live session: the athlete's coach under consent, or the athlete from another screen."""
    session = live_session_get_for(user=request.user, pk=pk)
    context = {
        "session": session,
        "is_mine": session.athlete.user_id == request.user.pk,
        "is_live": streams_live(user=request.user).filter(session=session).exists(),
        "config": {"socket": f"/ws/watch/{session.pk}/"},
    }
    return render(request, "workouts/live_watch.html", context)
