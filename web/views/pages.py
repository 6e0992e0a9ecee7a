"""The start page, the way home, and what developers read."""

from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.views.decorators.http import require_safe

from web.registries import home

STYLEGUIDE_EXERCISES = ("squat", "deadlift", "push-up", "row", "plank", "lunge", "curl", "rest")


def landing(request: HttpRequest) -> HttpResponse:
    """What an athlete, a coach and an ML team get, and the way in. Signed in or not, anybody may read it."""
    return render(request, "web/landing.html")


@require_safe
def for_ml_teams(request: HttpRequest) -> HttpResponse:
    """The loop in one picture, for who trains models."""
    return render(request, "web/for_ml_teams.html")


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Where browsers look for an icon without being told: ours is an SVG."""
    return redirect(static("web/favicon.svg"))


@require_safe
def live_protocol(request: HttpRequest) -> HttpResponse:
    """docs/live.md as it lies in the repository: the websocket protocol, which OpenAPI cannot describe."""
    text = (Path(settings.BASE_DIR) / "docs" / "live.md").read_text("utf-8")
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


@require_safe
def live_client(request: HttpRequest) -> HttpResponse:
    """docs/clients/fitbalance_live.py: the protocol's client in Python, one file to copy."""
    path = Path(settings.BASE_DIR) / "docs" / "clients" / "fitbalance_live.py"
    return HttpResponse(
        path.read_text("utf-8"),
        content_type="text/x-python; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{path.name}"'},
    )


@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    """Every piece of the look on one page, for who builds pages; production has none."""
    if settings.ENVIRONMENT == "production":
        raise Http404
    return render(request, "web/styleguide.html", {"exercises": STYLEGUIDE_EXERCISES})


@login_required
def go_home(request: HttpRequest) -> HttpResponse:
    """Send a person to the first page of their role."""
    return redirect(home.view_for(request.user.role))
