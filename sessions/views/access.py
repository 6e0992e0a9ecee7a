"""Which pages a role has. Which rows it sees is decided by `visible_to` alone."""

from functools import wraps

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from accounts.views.access import View, athlete_page

__all__ = ["athlete_page", "staff_page"]


def staff_page(view: View) -> View:
    """For ML staff; 403 for other roles."""

    @wraps(view)
    def guarded(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if not request.user.is_ml_staff:
            raise PermissionDenied(_("This page is for ML staff."))
        return view(request, *args, **kwargs)

    return login_required(guarded)
