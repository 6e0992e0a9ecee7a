"""Retraining with the corrections, from the task's page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from mlops.access import engine_page
from mlops.tasks.selectors import task_get_for
from mlops.training.services.retraining import retrain_start
from web.views.said import refusals_said


@engine_page
@require_POST
def retrain(request: HttpRequest, name: str) -> HttpResponse:
    """Start it; its job shows how far it is."""
    task = task_get_for(user=request.user, name=name)
    with refusals_said(request):
        how = {name: bool(request.POST.get(name)) for name in ("incremental", "compare_full")}
        return redirect("mlops:job", pk=retrain_start(task=task, owner=request.user, **how).pk)
    return redirect("mlops:task", name=task.name)
