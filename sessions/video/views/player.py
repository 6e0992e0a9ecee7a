"""/videos/<id>/: the clip with its features and labels, and every file of it."""

from pathlib import Path

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from mlops.jobs.services.jobs import QuotaExceeded
from sessions.models import MakingState, SpanState, Video
from sessions.selectors.spans import span_list
from sessions.video.forms import AboutForm, ExtractForm
from sessions.video.selectors.alignment import recordings_beside
from sessions.video.selectors.playing import PLAYABLE, is_played_as_it_is, playable_of, preview_job
from sessions.video.selectors.videos import features_of, video_editable_for, video_get_for
from sessions.video.services.label_files import MAX_BYTES, video_labels_file, video_labels_import
from sessions.video.services.labelling import video_labelling_config
from sessions.video.services.previews import preview_wanted
from sessions.video.services.probing import POSTER_FILE
from web.refusals import Problem
from web.services.files import serve_private

CONTENT_TYPES = {**PLAYABLE, "avi": "video/x-msvideo", "gif": "image/gif"}


@login_required
@require_GET
def video(request: HttpRequest, pk: str) -> HttpResponse:
    """Player, skeleton, channels, labels: one's own, a consenting athlete's, or a clip without a person."""
    row = video_get_for(user=request.user, pk=pk)
    is_mine = request.user.pk in (row.owner_id, row.athlete.user_id if row.athlete else None)
    features = list(features_of(row))
    ready = [one for one in features if one.state == MakingState.READY]
    chosen = next((one for one in ready if one.name == request.GET.get("features")), ready[0] if ready else None)
    plays = playable_of(row)
    copying = None if plays else preview_job(row)
    making = [row.job, *(one.job for one in features), copying]
    jobs = {job.pk: job for job in making if job and not job.is_ended}
    context = {
        "video": row, "is_mine": is_mine, "features": features, "chosen": chosen, "jobs": list(jobs.values()),
        "workout": row.session if row.session and row.session.deleted_at is None else None,
        "is_playable": plays is not None, "making_copy": copying is not None,
        "is_copy": plays is not None and not is_played_as_it_is(row),
        "spans": span_list(recording=row), "states": SpanState, "extract_form": ExtractForm(),
        "about_form": AboutForm(user=request.user, initial={"title": row.title, "workout": row.session_id}),
        "beside": recordings_beside(user=request.user, video=row) if chosen else [],
        "report": row.form_reports.order_by("-created_at").first(),
        "config": video_labelling_config(video=row, features=chosen, user=request.user),
    }
    return render(request, "videos/video.html", context)


@login_required
@require_GET
def download(request: HttpRequest, pk: str, what: str) -> HttpResponseBase:
    """video: to play it here, by ranges; original: as it was uploaded; poster.png."""
    row = video_get_for(user=request.user, pk=pk)
    if what == POSTER_FILE:
        return serve_private(
            request, f"{row.folder}/{POSTER_FILE}", download_name=POSTER_FILE, content_type="image/png", inline=True
        )
    if what not in ("video", "original"):
        raise Http404
    kind = CONTENT_TYPES.get(row.container, "application/octet-stream")
    name, kind = (playable_of(row) if what == "video" else None) or (row.file, kind)
    return serve_private(request, name, download_name=row.name, content_type=kind, inline=what == "video")


@login_required
@require_POST
def preview(request: HttpRequest, pk: str) -> HttpResponse:
    """Make a copy that browsers play of a clip that they cannot."""
    row = video_editable_for(user=request.user, pk=pk)
    try:
        preview_wanted(video=row)
    except QuotaExceeded as error:
        messages.error(request, str(error))
    return redirect("workouts:video", row.pk)


@login_required
@require_GET
def features_download(request: HttpRequest, pk: str, name: str) -> HttpResponseBase:
    """One feature file."""
    row = video_get_for(user=request.user, pk=pk)
    file = row.features.filter(name=name, made_at__isnull=False).first()
    if file is None:
        raise Http404
    return serve_private(
        request, file.file, download_name=file.name, content_type="application/vnd.apache.parquet"
    )  # fmt: skip


@login_required
@require_GET
def labels_download(request: HttpRequest, pk: str, kind: str) -> HttpResponse:
    """Labels as labels.csv (frame_index,label), labels.json, or points as labels.coco.json."""
    row = _ready(video_get_for(user=request.user, pk=pk))
    text, content_type = video_labels_file(video=row, kind=kind)
    response = HttpResponse(text, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{Path(row.file).parent.name[:8]}-labels.{kind}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


@login_required
@require_POST
def labels_upload(request: HttpRequest, pk: str) -> HttpResponse:
    """Read labels or points from one of the files that go out here: all or none."""
    row = _ready(video_get_for(user=request.user, pk=pk))
    file = request.FILES.get("labels")
    if file is None or file.size > MAX_BYTES:
        text = _("Choose a label file.") if file is None else _("A label file can have at most 16 MB.")
        messages.error(request, text)
        return redirect("workouts:video", row.pk)
    try:
        n = video_labels_import(video=row, data=file.read(), by=request.user, replace="replace" in request.POST)
        text = ngettext("%(n)s label added.", "%(n)s labels added.", n) % {"n": n}
        messages.success(request, text if n else _("These labels already exist."))
    except Problem as problem:
        messages.error(request, problem.detail)
    return redirect("workouts:video", row.pk)


def _ready(video: Video) -> Video:
    if not video.is_ready:
        raise Http404
    return video
