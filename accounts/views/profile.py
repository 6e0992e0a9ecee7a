"""Settings: name, language, units, time zone, height and weight; the language of whoever reads."""

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

from accounts.body_form import BodyForm
from accounts.forms import ProfileForm
from accounts.models import User
from accounts.services.athletes import athlete_for
from accounts.services.users import user_language_set
from accounts.views.access import athlete_page


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
    return _profile_page(request, form=form, status=status)


@athlete_page
@require_POST
def body(request: HttpRequest) -> HttpResponse:
    """Height and weight, in the person's own units."""
    form = BodyForm(request.athlete, request.POST)  # type: ignore[attr-defined]
    if form.is_valid() and form.save():
        messages.success(request, _("Saved."))
        return redirect("accounts:profile")
    return _profile_page(request, form=ProfileForm(instance=request.user), body=form, status=400)


def _profile_page(
    request: HttpRequest, *, form: ProfileForm, body: BodyForm | None = None, status: int = 200
) -> HttpResponse:
    user = request.user
    if body is None and (user.is_athlete or user.is_coach):
        body = BodyForm(athlete_for(user))
    return render(request, "accounts/profile.html", {"form": form, "body": body, "tab": "profile"}, status=status)


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Read the site in another language: kept in a cookie, and in the profile of who is signed in."""
    chosen = request.POST.get("language", "")
    user = request.user
    if isinstance(user, User) and chosen in dict(settings.LANGUAGES):
        user_language_set(user=user, language=chosen)
    return set_language(request)
