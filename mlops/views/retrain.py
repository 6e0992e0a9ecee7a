"""Retraining with the corrections, from the task's page."""

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from mlops.selectors.engine import task_get_for
from mlops.services.retraining import retrain_start
from mlops.views.access import engine_page
from mlops.views.problems import say
from web.refusals import Problem


@engine_page
@require_POST
def retrain(request: HttpRequest, name: str) -> HttpResponse:
    """Start it; its job shows how far it is."""
    task = task_get_for(user=request.user, name=name)
    try:
        job = retrain_start(task=task, owner=request.user)
    except (ValidationError, Problem) as error:
        say(request, error)
        return redirect("mlops:task", name=task.name)
    return redirect("mlops:job", pk=job.pk)
