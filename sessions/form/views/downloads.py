"""Files of a form report."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from sessions.form.selectors.files import FILES
from sessions.form.selectors.reports import report_get_for


@login_required
@require_GET
def download(request: HttpRequest, pk: str, name: str) -> HttpResponse:
    """repetitions.csv, angles.csv, landmarks.trc, angles.mot, keypoints.json."""
    row = report_get_for(user=request.user, pk=pk)
    if name not in FILES or row.made_at is None:
        raise Http404
    content_type, make = FILES[name]
    response = HttpResponse(make(row), content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{row.exercise or "form"}-{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response
