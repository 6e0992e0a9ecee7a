"""The start page and the way home."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static

from web.registries import home


def landing(request: HttpRequest) -> HttpResponse:
    """The loop in one picture, and the way in. Signed in or not, anybody may read it."""
    return render(request, "web/landing.html")


def favicon(request: HttpRequest) -> HttpResponse:
    """Where browsers look for an icon without being told: ours is an SVG."""
    return redirect(static("web/favicon.svg"))


@login_required
def go_home(request: HttpRequest) -> HttpResponse:
    """Send a person to the first page of their role."""
    return redirect(home.view_for(request.user.role))
