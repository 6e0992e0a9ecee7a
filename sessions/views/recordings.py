"""/recordings/: one's own recordings, the page of one with its chart and labels, downloads, deleting."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.handlers.asgi import ASGIRequest
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from mlops.ml.sensors.recording_file import read_info
from sessions.models import SpanState
from sessions.selectors.copies import likeness_for
from sessions.selectors.recordings import (
    readable,
    recording_editable_for,
    recording_get_for,
    recording_list,
    samples_path,
)
from sessions.selectors.spans import label_sets_for, span_list
from sessions.services.label_files import MAX_BYTES, labels_csv, labels_import, labels_json
from sessions.services.labelling import labelling_config
from sessions.services.recording_exports import samples_csv, samples_csv_async
from sessions.services.recordings import recording_delete
from sessions.views.access import athlete_page
from web.refusals import Problem
from web.services.bin import undo_address
from web.services.files import serve_private

PAGE_SIZE = 25
FILTERS = {
    "unlabelled": _("Without labels"),
    "proposed": _("To confirm"),
    "open": _("Not reviewed"),
}


@athlete_page
@require_GET
def recordings(request: HttpRequest) -> HttpResponse:
    """One's own recordings, newest first, narrowed by what is left to label."""
    rows = recording_list(user=request.user).filter(session__athlete=request.athlete)
    show = request.GET.get("show", "")
    if show == "unlabelled":
        rows = rows.filter(n_spans=0)
    elif show == "proposed":
        rows = rows.filter(n_proposed__gt=0)
    elif show == "open":
        rows = rows.filter(reviewed_at__isnull=True)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    query = f"show={show}&" if show in FILTERS else ""
    context = {"page": page, "show": show, "filters": FILTERS.items(), "query": query}
    return render(request, "workouts/recordings.html", context)


@login_required
@require_GET
def recording(request: HttpRequest, pk: str) -> HttpResponse:
    """Chart and labels of a recording: the athlete's own, or a consenting athlete's for the coach."""
    row = recording_get_for(user=request.user, pk=pk)
    sets = label_sets_for(user=request.user, layout=row.layout)
    config = labelling_config(recording=row, of_samples=False, label_sets=sets)
    context = {
        "recording": row,
        "config": config,
        "spans": span_list(recording=row),
        "states": SpanState,
        "is_mine": row.session.athlete.user_id == request.user.pk,
        "likeness": likeness_for(user=request.user, recording=row),
    }
    return render(request, "workouts/recording.html", context)


@athlete_page
@require_POST
def delete(request: HttpRequest, pk: str) -> HttpResponse:
    """Put it into the bin; the next page offers to take that back."""
    row = recording_editable_for(user=request.user, pk=pk)
    session_pk = row.session_id
    recording_delete(recording=row)
    messages.success(request, _("Recording deleted."), extra_tags=undo_address("recording", row.pk))
    return redirect("workouts:workout", session_pk)


@login_required
@require_GET
def download(request: HttpRequest, pk: str, what: str) -> HttpResponseBase:
    """samples.parquet, samples.csv, or original-<n> as it was uploaded."""
    row = recording_get_for(user=request.user, pk=pk)
    name = f"recording-{row.started_at:%Y%m%d-%H%M}"
    if what == "samples.parquet":
        return serve_private(
            request, row.file, download_name=f"{name}.parquet", content_type="application/vnd.apache.parquet"
        )
    if what == "samples.csv":
        with readable():
            read_info(samples_path(row))  # before the first byte: a stream cannot turn into an error
        pieces = samples_csv_async(row) if isinstance(request, ASGIRequest) else samples_csv(row)
        response = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
        response["X-Content-Type-Options"] = "nosniff"
        return response
    number = what.removeprefix("original-")
    if not (number.isascii() and number.isdigit() and len(number) < 4 and 1 <= int(number) <= len(row.originals)):
        raise Http404
    original = row.originals[int(number) - 1]
    return serve_private(
        request,
        original["file"],
        download_name=original["name"].rsplit("/", 1)[-1],
        content_type="application/octet-stream",
    )


@login_required
@require_GET
def labels_download(request: HttpRequest, pk: str, kind: str) -> HttpResponse:
    """The labels as labels.csv or labels.json."""
    row = recording_get_for(user=request.user, pk=pk)
    spans = span_list(recording=row)
    if kind == "json":
        response = HttpResponse(labels_json(row, spans), content_type="application/json")
    elif kind == "csv":
        response = HttpResponse(labels_csv(spans), content_type="text/csv; charset=utf-8")
    else:
        raise Http404
    response["Content-Disposition"] = f'attachment; filename="labels-{row.started_at:%Y%m%d-%H%M}.{kind}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


@login_required
@require_POST
def labels_upload(request: HttpRequest, pk: str) -> HttpResponse:
    """Read labels from a small JSON or CSV file: all or none."""
    row = recording_get_for(user=request.user, pk=pk)
    file = request.FILES.get("labels")
    if file is None or file.size > MAX_BYTES:
        text = _("Choose a label file of at most 2 MB.") if file is None else _("A label file can have at most 2 MB.")
        messages.error(request, text)
        return redirect("workouts:recording", row.pk)
    try:
        n = labels_import(recording=row, data=file.read(), by=request.user, replace="replace" in request.POST)
        messages.success(
            request,
        ngettext("%(n)s label added.", "%(n)s labels added.", n) % {"n": n} if n else _("These labels already exist."),
        )
    except Problem as problem:
        messages.error(request, problem.detail)
    return redirect("workouts:recording", row.pk)
