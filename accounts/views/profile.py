"""Settings: name, units, time zone."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.forms import ProfileForm


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
        messages.success(request, "Saved.")
        return redirect("accounts:profile")
    status = 400 if request.method == "POST" else 200
    if form.errors:
        request.user.refresh_from_db()
    return render(request, "accounts/profile.html", {"form": form, "tab": "profile"}, status=status)
