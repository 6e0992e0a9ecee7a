"""Which pages a role has. Which rows it sees is decided by `visible_to` alone."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse

from accounts.services.athletes import athlete_for

View = Callable[..., HttpResponse]


def athlete_page(view: View) -> View:
    """For athletes and coaches, who train: `request.athlete` is set. 403 for other roles."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        request.athlete = athlete_for(request.user)  # type: ignore[attr-defined]
        return view(request, *args, **kwargs)

    return login_required(guarded)
