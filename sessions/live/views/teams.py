"""/teams/, /teams/<id>/, /athletes/<id>/: what a coach sees of the athletes who share their training."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.models import Athlete, CoachScope
from accounts.selectors.body import body_shown
from sessions.live.selectors.board import athlete_get_for, athlete_workouts, team_board, team_cards, week_minutes
from sessions.live.selectors.streams import streams_live, team_to_watch
from sessions.models import FormReport

PAGE_SIZE = 25
RECENT_REPORTS = 8


def coach_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For coaches; 403 for other roles."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_coach:
            raise PermissionDenied(_("This page is for coaches."))
        return view(request, *args, **kwargs)

    return login_required(guarded)


@coach_page
@require_GET
def teams(request: HttpRequest) -> HttpResponse:
    """One's teams: who is live now, when they last trained."""
    return render(request, "workouts/teams.html", {"cards": team_cards(user=request.user)})


@login_required
@require_GET
def team(request: HttpRequest, pk: Any) -> HttpResponse:
    """The live board of one team."""
    found = team_to_watch(user=request.user, pk=pk)
    if found is None:
        raise Http404
    rows = team_board(user=request.user, team=found)
    context = {
        "team": found, "rows": rows, "n_live": sum(row.live_session is not None for row in rows),
        "n_sharing": sum(row.is_shared for row in rows), "config": {"socket": f"/ws/teams/{found.pk}/"},
    }
    return render(request, "workouts/team.html", context)


@login_required
@require_GET
def athlete(request: HttpRequest, pk: int) -> HttpResponse:
    """One athlete's workouts, under the consent to share training; form reports, under that for form and video."""
    found = athlete_get_for(user=request.user, pk=pk)
    rows = athlete_workouts(user=request.user, athlete=found)
    context = {
        "athlete": found,
        "body": body_shown(user=request.user, athlete=found),
        "page": Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page")),
        "week_min": week_minutes([found.pk]).get(found.pk, 0.0),
        "stream": streams_live(user=request.user).filter(session__athlete=found).first(),
        "is_mine": found.user_id == request.user.pk,
        "shares_nutrition": Athlete.objects.visible_to(request.user, CoachScope.NUTRITION).filter(pk=found.pk).exists(),
        "reports": FormReport.objects.visible_to(request.user).filter(athlete=found).ready()[:RECENT_REPORTS],
    }
    return render(request, "workouts/athlete.html", context)
