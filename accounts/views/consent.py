"""Settings: who may see what, and what may teach the models."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.forms import CoachScopesForm, LearningScopesForm
from accounts.models import ConsentKind, TeamRole
from accounts.selectors.consent import consent_history, learning_scope_rows, team_consents
from accounts.selectors.teams import own_team_get
from accounts.services.athletes import athlete_for
from accounts.services.consent import consents_set

HISTORY_ROWS = 20


@login_required
@require_GET
def consent(request: HttpRequest) -> HttpResponse:
    """ML staff and administrators have nothing to share: the page says so."""
    if not (request.user.is_athlete or request.user.is_coach):
        return render(request, "accounts/consent_none.html", {"tab": "consent"})
    athlete = athlete_for(request.user)
    context = {
        "tab": "consent",
        "teams": team_consents(athlete),
        "learning": learning_scope_rows(athlete),
        "history": Paginator(consent_history(athlete), HISTORY_ROWS).get_page(request.GET.get("page")),
    }
    return render(request, "accounts/consent.html", context)


@login_required
@require_POST
def consent_team(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Save what the coaches of one team may see."""
    team = own_team_get(user=request.user, pk=pk, role=TeamRole.ATHLETE)
    form = CoachScopesForm(request.POST)
    if form.is_valid():
        consents_set(
            athlete=athlete_for(request.user),
            kind=ConsentKind.COACH,
            scopes=form.cleaned_data["scopes"],
            team=team,
            by=request.user,
        )
        messages.success(request, _("Saved for %(team)s.") % {"team": team.name})
    else:
        messages.error(request, _("Your changes could not be saved. Try again."))
    return redirect("accounts:consent")


@login_required
@require_POST
def consent_learning(request: HttpRequest) -> HttpResponse:
    """Save what may teach the models."""
    form = LearningScopesForm(request.POST)
    if form.is_valid():
        consents_set(
            athlete=athlete_for(request.user),
            kind=ConsentKind.LEARNING,
            scopes=form.cleaned_data["scopes"],
            by=request.user,
        )
        messages.success(request, _("Saved."))
    else:
        messages.error(request, _("Your changes could not be saved. Try again."))
    return redirect("accounts:consent")
