"""A report under a link that expires: no account, no name, nothing else of the person."""

from django.http import Http404, HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from sessions.form.selectors.reports import report_series, share_open
from sessions.form.selectors.shown import main_faults, page_config, refusal, repetitions_of, risks, sources
from sessions.form.words import VIEWS, exercise_title
from sessions.models import FormShare
from sessions.video.selectors.playing import playable_of
from web.services.files import serve_private


def _share(secret: str) -> FormShare:
    return share_open(secret, now=timezone.now())


def _private(response: HttpResponseBase) -> HttpResponseBase:
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    return response


@never_cache
@require_GET
def shared(request: HttpRequest, secret: str) -> HttpResponseBase:
    """The report's page."""
    share = _share(secret)
    row = share.report
    found = repetitions_of(row)
    context = {
        "report": row, "share": share, "repetitions": found, "faults": main_faults(row), "risks": risks(row),
        "sources": sources(row), "view": VIEWS.get(row.facts.get("view", ""), ""), "refusal": refusal(row),
        "title": exercise_title(row.exercise) if row.exercise else "",
        "video_url": reverse("workouts:form_shared_video", args=[secret]) if _shows_video(share) else "",
        "config": page_config(
            row, found, series=reverse("workouts:form_shared_series", args=[secret]), poses=""
        ),
        "is_shared": True,
    }  # fmt: skip
    return _private(render(request, "form/shared.html", context))


@never_cache
@require_GET
def series(request: HttpRequest, secret: str) -> HttpResponseBase:
    """Angles over time."""
    return _private(JsonResponse(report_series(_share(secret).report)))


@never_cache
@require_GET
def video(request: HttpRequest, secret: str) -> HttpResponseBase:
    """The clip, where the link shows it."""
    share = _share(secret)
    row = share.report.video
    found = playable_of(row) if row is not None and share.with_video else None
    if row is None or found is None:
        raise Http404
    name, content_type = found
    return serve_private(request, name, download_name=row.name, content_type=content_type, inline=True)


def _shows_video(share: FormShare) -> bool:
    row = share.report.video
    return share.with_video and row is not None and playable_of(row) is not None
