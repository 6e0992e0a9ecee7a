"""/today/: the athlete's home."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from sessions.selectors.today import today_for
from sessions.views.access import athlete_page


@athlete_page
@require_GET
def today(request: HttpRequest) -> HttpResponse:
    """How ready, what to do now, what was done."""
    return render(request, "workouts/today.html", {"today": today_for(user=request.user)})
