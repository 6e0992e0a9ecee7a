"""The page behind an invitation link."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.forms import CoachScopesForm
from accounts.models import Invitation, TeamRole
from accounts.selectors.consent import coach_names, coach_scope_rows
from accounts.selectors.teams import invitation_by_secret, own_memberships
from accounts.services.invitations import invitation_accept, invitation_decline, role_misfit


@never_cache
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """Show the team and what consent means; accept or decline once signed in.

    A link that is unknown, used, revoked or over gives the same page with status 410.
    """
    found = invitation_by_secret(secret)
    if found is None or not found.is_open:
        return render(request, "accounts/invitation_closed.html", status=410)
    if request.method == "POST" and request.user.is_authenticated:
        return _answer(request, found)
    return _page(request, found)


def _answer(request: HttpRequest, found: Invitation) -> HttpResponse:
    if request.POST.get("answer") == "decline":
        invitation_decline(invitation=found, user=request.user)
        messages.info(request, _("You declined the invitation to %(team)s.") % {"team": found.team.name})
        return redirect("web:home")
    form = CoachScopesForm(request.POST)
    if not form.is_valid():
        return _page(request, found, error=_("Choose from the list."))
    try:
        invitation_accept(invitation=found, user=request.user, scopes=form.cleaned_data["scopes"])
    except ValidationError as error:
        return _page(request, found, error=" ".join(error.messages))
    messages.success(request, _("Welcome to %(team)s.") % {"team": found.team.name})
    return redirect("accounts:consent" if found.role == TeamRole.ATHLETE else "web:home")


def _page(request: HttpRequest, found: Invitation, error: str = "") -> HttpResponse:
    context = {
        "invitation": found,
        "team": found.team,
        "coaches": coach_names(found.team),
        "for_athlete": found.role == TeamRole.ATHLETE,
        "misfit": role_misfit(found, request.user) if request.user.is_authenticated else "",
        "scopes": coach_scope_rows(),
        "is_member": request.user.is_authenticated and own_memberships(request.user).filter(team=found.team).exists(),
        "next_query": urlencode({"next": request.path}),
        "error": error,
    }
    return render(request, "accounts/invitation.html", context, status=400 if error else 200)
