"""Settings: taking everything away, as a ZIP or for good. The work itself runs as jobs of the engine room."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.adapter import too_many_logins
from accounts.forms import EraseForm
from accounts.models import TeamRole
from accounts.selectors.teams import own_memberships
from accounts.services.login_limit import TooManyLogins
from web.services.space import account_of


@login_required
@require_GET
def data(request: HttpRequest) -> HttpResponse:
    return data_page(request)


def data_page(request: HttpRequest, *, erase_form: EraseForm | None = None, status: int = 200) -> HttpResponse:
    """The page with both forms; they post to mlops:export_start and mlops:erase_start."""
    context = {
        "tab": "data",
        "form": erase_form or EraseForm(request.user),
        "account": account_of(request.user),
        "coached": own_memberships(request.user).filter(role=TeamRole.COACH),
    }
    return render(request, "accounts/data.html", context, status=status)


def erase_refusal(request: HttpRequest) -> HttpResponse | None:
    """For the view that starts an erasure: the answer to show when name or password are wrong, else None."""
    form = EraseForm(request.user, request.POST)
    try:
        if form.is_valid():
            return None
    except TooManyLogins as refused:
        return too_many_logins(request, refused.retry_after_s)
    return data_page(request, erase_form=form, status=400)


@require_GET
def goodbye(request: HttpRequest) -> HttpResponse:
    """Where a person lands after asking for erasure: they are signed out by then."""
    return render(request, "accounts/goodbye.html")
