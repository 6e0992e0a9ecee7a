"""Signing in as a demo person with one click; only where demo mode is on."""

from allauth.account.utils import perform_login
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import Role, User
from accounts.selectors.users import demo_user


@require_POST
def demo_login(request: HttpRequest) -> HttpResponse:
    """POST role=athlete|coach|ml_staff|administrator."""
    if not settings.DEMO_MODE or request.POST.get("role") not in Role.values:
        raise Http404
    user: User | None = demo_user(request.POST["role"])
    if user is None:
        messages.warning(request, _("There are no demo accounts yet. Run “manage.py load_demo”."))
        return redirect("web:landing")
    if request.user.is_authenticated:
        logout(request)
    return perform_login(request, user, email_verification="none", redirect_url=None)
