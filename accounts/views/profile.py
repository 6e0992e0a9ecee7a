"""Settings: name, language, units, time zone; the language of whoever reads."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import get_language_from_request
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.i18n import set_language

from accounts.forms import ProfileForm
from accounts.models import User
from accounts.services.users import user_language_set


@login_required
@require_GET
def settings_home(request: HttpRequest) -> HttpResponse:
    """The first page of the settings."""
    return redirect("accounts:profile")


@login_required
@require_http_methods(["GET", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        translation.activate(request.user.language or get_language_from_request(request))
        messages.success(request, _("Saved."))
        return redirect("accounts:profile")
    status = 400 if request.method == "POST" else 200
    if form.errors:
        request.user.refresh_from_db()
    return render(request, "accounts/profile.html", {"form": form, "tab": "profile"}, status=status)


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Read the site in another language: kept in a cookie, and in the profile of who is signed in."""
    chosen = request.POST.get("language", "")
    user = request.user
    if isinstance(user, User) and chosen in dict(settings.LANGUAGES):
        user_language_set(user=user, language=chosen)
    return set_language(request)
