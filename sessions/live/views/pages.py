"""/live/: stream a recording, a file or the sample and see what the model says; /live/<session>/: watch one."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from sessions.live.selectors.minutes import (
    ENOUGH_MIN,
    ENOUGH_PEOPLE,
    guided_tasks,
    minutes_learnable,
    minutes_own,
    task_named,
)
from sessions.live.selectors.streams import live_session_get_for, recordings_to_replay, streams_live
from sessions.models import SensorLayout
from sessions.views.access import athlete_page, staff_page

SPEEDS = (1, 2, 5, 10, 20)
N_STREAMS = 3
"""Own streams that come from elsewhere, told above the choice."""


@athlete_page
@require_GET
def live(request: HttpRequest) -> HttpResponse:
    """Choose a source and stream it."""
    own = streams_live(user=request.user).filter(session__athlete__user=request.user)
    return render(request, "workouts/live.html", {**_page(request), "streams": own.order_by("-pk")[:N_STREAMS]})


@athlete_page
@require_GET
def guided(request: HttpRequest) -> HttpResponse:
    """Record a series of takes, each labelled from its first second; one's own minutes per class below."""
    context = _page(request)
    tasks = list(guided_tasks())
    boards = [minutes_own(user=request.user, task=task) for task in tasks]
    context["config"]["guided"] = {
        "chosen": request.GET.get("label", "")[:64],
        "tasks": [
            {
                "name": board.task.name, "title": board.task.title, "layout": board.layout,
                "labels": [
                    {"name": one.name, "title": one.title, "seconds": round(one.seconds, 1)} for one in board.classes
                ],
            }
            for board in boards
        ],
    }
    context |= {"boards": boards, "guided": True, "enough": ENOUGH_MIN}
    return render(request, "workouts/guided.html", context)


def _page(request: HttpRequest) -> dict[str, Any]:
    """What every page needs that streams."""
    recordings = list(recordings_to_replay(user=request.user))
    config = {
        "recordings": [
            {"id": str(row.pk), "session": str(row.session_id), "layout": row.layout.key} for row in recordings
        ],
        "layouts": [
            {"key": row.key, "title": row.title, "rate_hz": row.rate_hz, "channels": row.channel_names}
            for row in SensorLayout.objects.visible_to(request.user).exclude(key="heart_rate")
        ],
        "owner": str(request.user.pk),
        "sample": reverse("workouts_api:live_sample"),
    }
    source = request.GET.get("source", "")
    if source not in ("phone", "recording", "file", "sample", "strap", "flextail"):
        source = "recording" if recordings else "sample"
    return {
        "config": config, "recordings": recordings, "chosen": request.GET.get("recording", ""), "source": source,
        "speeds": SPEEDS,
    }


@staff_page
@require_GET
def minutes(request: HttpRequest) -> HttpResponse:
    """Labelled minutes per pseudonym and class of a task, and what is missing for a training."""
    tasks = list(guided_tasks())
    task = task_named(tasks, request.GET.get("task", "")[:64])
    board = minutes_learnable(user=request.user, task=task) if task is not None else None
    context = {"tasks": tasks, "board": board, "enough": ENOUGH_MIN, "people": ENOUGH_PEOPLE}
    return render(request, "workouts/minutes.html", context)


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
