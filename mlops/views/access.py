"""Who may open the engine room."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse

from mlops.selectors.access import is_engine_staff
from web.refusals import NOT_FOUND


def engine_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For pages of ML staff: others get the same 404 as for what does not exist."""

    @login_required
    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not is_engine_staff(request.user):
            raise Http404(NOT_FOUND)
        return view(request, *args, **kwargs)

    return checked
