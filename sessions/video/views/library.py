"""/videos/: the library, adding, changing and deleting a clip, extracting its features."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from mlops.jobs.services.jobs import QuotaExceeded
from sessions.video.forms import AboutForm, ExtractForm, VideoForm
from sessions.video.selectors.videos import video_editable_for, video_list
from sessions.video.services.extraction import feature_file_delete, feature_file_wanted
from sessions.video.services.frame_labels import frame_labels_read
from sessions.video.services.videos import Added, video_delete, video_describe, video_from_upload
from web.refusals import Problem
from web.services.bin import undo_address
from web.services.uploads import upload_get_for

PAGE_SIZE = 24


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def videos(request: HttpRequest) -> HttpResponse:
    """One's own clips and those others share; POST takes a complete upload."""
    form = VideoForm(request.POST or None, request.FILES or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            added = _add(request, form)
        except Problem as problem:
            messages.error(request, problem.detail)
            return redirect(problem.extra.get("url") or "workouts:videos")
        except QuotaExceeded as error:
            messages.error(request, str(error))
            return redirect("workouts:videos")
        except ValidationError as error:
            messages.error(request, error.messages[0])
            return redirect("workouts:videos")
        return redirect("workouts:video", added.video.pk)
    page = Paginator(video_list(user=request.user), PAGE_SIZE).get_page(request.GET.get("page"))
    is_new = all(one.is_demo for one in page.object_list)
    context = {"page": page, "form": form, "is_open": request.method == "POST" or is_new, "is_new": is_new}
    return render(request, "videos/videos.html", context)


def _add(request: HttpRequest, form: VideoForm) -> Added:
    try:
        upload = upload_get_for(user=request.user, pk=uuid.UUID(request.POST.get("upload", "")))
    except ValueError:
        raise Problem(400, "no_file", _("Choose a video first.")) from None
    file = form.cleaned_data["labels"]
    labels = frame_labels_read(file.read()) if file else None
    wish = form.wish() if form.cleaned_data["extract"] else None
    return video_from_upload(owner=request.user, upload=upload, about=form.about(), wish=wish, labels=labels)


@login_required
@require_POST
def edit(request: HttpRequest, pk: str) -> HttpResponse:
    """Change its title and its workout."""
    row = video_editable_for(user=request.user, pk=pk)
    form = AboutForm(request.POST, user=request.user)
    if form.is_valid():
        workout = form.cleaned_data.get("workout") if row.athlete_id else None
        video_describe(video=row, title=form.cleaned_data["title"], workout=workout)
        messages.success(request, _("The video is saved."))
    return redirect("workouts:video", row.pk)


@login_required
@require_POST
def delete(request: HttpRequest, pk: str) -> HttpResponse:
    """Put it into the bin; the next page offers to take that back."""
    row = video_editable_for(user=request.user, pk=pk)
    video_delete(video=row)
    messages.success(request, _("Video deleted."), extra_tags=undo_address("video", row.pk))
    return redirect("workouts:videos")


@login_required
@require_POST
def extract(request: HttpRequest, pk: str) -> HttpResponse:
    """Make one more feature file."""
    row = video_editable_for(user=request.user, pk=pk)
    form = ExtractForm(request.POST)
    if row.problem:
        messages.error(request, row.problem)
    elif form.is_valid():
        try:
            feature_file_wanted(video=row, wish=form.wish())
        except QuotaExceeded as error:
            messages.error(request, str(error))
    else:
        messages.error(request, _("Choose what to find and which frames."))
    return redirect("workouts:video", row.pk)


@login_required
@require_POST
def features_delete(request: HttpRequest, pk: str, name: str) -> HttpResponse:
    """Remove a feature file."""
    row = video_editable_for(user=request.user, pk=pk)
    file = row.features.filter(name=name).first()
    if file is None:
        raise Http404
    feature_file_delete(row=file)
    messages.success(request, _("Feature file deleted."))
    return redirect("workouts:video", row.pk)
