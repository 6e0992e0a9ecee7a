"""Who belongs to the engine room: the check, and the same for pages and endpoints."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse

from web.refusals import NOT_FOUND


def is_engine_staff(user: Any) -> bool:
    """ML staff and administrators."""
    return bool(user.is_authenticated and (user.is_ml_staff or user.is_administrator))


def engine_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For pages of ML staff: others get the same 404 as for what does not exist."""

    @login_required
    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not is_engine_staff(request.user):
            raise Http404(NOT_FOUND)
        return view(request, *args, **kwargs)

    return checked
