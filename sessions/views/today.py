"""/today/: the athlete's home."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from sessions.selectors.recordings import recording_list
from sessions.selectors.today import today_for
from sessions.views.access import athlete_page


@athlete_page
@require_GET
def today(request: HttpRequest) -> HttpResponse:
    """Three first steps while there is nothing; then the last workout, labelled minutes and what is next."""
    facts = today_for(user=request.user)
    most = max((minutes for _, minutes in facts.minutes), default=0) or 1
    bars = [(label, minutes, round(100 * minutes / most, 1)) for label, minutes in facts.minutes[:12]]
    recent = recording_list(user=request.user).filter(session__athlete=request.athlete)[:5]
    current = next((n for n, step in enumerate(facts.steps) if not step.done), None)
    context = {"today": facts, "bars": bars, "recent": recent, "current_step": current}
    return render(request, "workouts/today.html", context)
