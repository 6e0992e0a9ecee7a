"""The loop as a board: where every task stands and the one thing to do next."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from mlops.access import engine_page
from mlops.board.selectors.board import board as board_of
from mlops.jobs.models import Job


@engine_page
@require_GET
def board(request: HttpRequest) -> HttpResponse:
    """All tasks with their counts."""
    states = board_of(request.user)
    running = Job.objects.visible_to(request.user).filter(is_engine=True, parent__isnull=True).open()[:5]
    return render(request, "mlops/board.html", {"states": states, "running": running})
