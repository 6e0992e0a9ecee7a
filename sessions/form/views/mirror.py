"""/mirror/: stand in front of the camera; repetitions are counted and judged in the browser."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET


@login_required
@require_GET
def mirror(request: HttpRequest) -> HttpResponse:
    """The page; everything on it runs on the device."""
    return render(request, "form/mirror.html", {})
