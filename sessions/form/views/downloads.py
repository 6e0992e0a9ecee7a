"""Files of a form report."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_GET

from sessions.form.selectors.files import FILES
from sessions.form.selectors.reports import ANNOTATED_FILE, report_get_for
from web.services.files import serve_private


@login_required
@require_GET
def download(request: HttpRequest, pk: str, name: str) -> HttpResponseBase:
    """repetitions.csv, angles.csv, landmarks.trc, angles.mot, keypoints.json; annotated.mp4 where it was made."""
    row = report_get_for(user=request.user, pk=pk)
    if name == ANNOTATED_FILE and row.annotated:
        told = f"{row.exercise or 'form'}-{name}"
        return serve_private(request, row.file(name), download_name=told, content_type="video/mp4")
    if name not in FILES or row.made_at is None:
        raise Http404
    content_type, make = FILES[name]
    response = HttpResponse(make(row), content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{row.exercise or "form"}-{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response
