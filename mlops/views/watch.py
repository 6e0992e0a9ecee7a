"""/ml/drift/: shifts of what served models are asked, alerts, checks of sensors."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from mlops import page_slots
from mlops.ml.drift import LEAST_ATHLETES, LEAST_WINDOWS
from mlops.models import AliasName, Job, ModelAlias, Task
from mlops.selectors.engine import task_get_for
from mlops.selectors.watching import (
    alert_get_for,
    alert_list,
    alerts_open,
    answer_list,
    latest_report,
    report_list,
)
from mlops.services.alerts import alert_acknowledge
from mlops.services.drift import drift_sentence, drift_start
from mlops.views.access import engine_page
from mlops.views.problems import refusals_said
from mlops.views.watch_figures import shift_figure

N_DRAWN, N_HISTORY, N_ANSWERS = 6, 12, 15


@engine_page
@require_GET
def drift(request: HttpRequest) -> HttpResponse:
    """The newest report of a task, its history, and every open alert."""
    champions = ModelAlias.objects.filter(name=AliasName.CHAMPION, task__in=Task.objects.visible_to(request.user))
    tasks = [alias.task for alias in champions.select_related("task").order_by("task__title")]
    chosen = next((task for task in tasks if task.name == request.GET.get("task")), tasks[0] if tasks else None)
    context = {
        "tasks": tasks,
        "task": chosen,
        "alerts": alerts_open(request.user),
        "closed": alert_list(request.user).filter(closed_at__isnull=False)[:N_HISTORY],
        "least_athletes": LEAST_ATHLETES,
        "least_windows": LEAST_WINDOWS,
        "slots": page_slots.slots_for("drift", chosen, request.user),
    }
    if chosen is not None:
        report = latest_report(chosen)
        context["job"] = Job.objects.open().filter(dedupe_key=f"drift.measure:{chosen.pk}").first()
        context["answers"] = answer_list(request.user, chosen)[:N_ANSWERS]
        context["history"] = report_list(request.user).filter(task=chosen)[:N_HISTORY]
        if report is not None:
            labels = report.facts.get("labels", [])
            answers = [shift_figure(one, labels) for one in report.facts.get("answers", [])]
            features = [shift_figure(one) for one in report.facts.get("features", [])]
            drawn = [*answers, *features[:N_DRAWN]]
            context |= {
                "report": report, "sentence": drift_sentence(report), "drawn": drawn, "features": features,
            }  # fmt: skip
    return render(request, "mlops/drift.html", context)


@engine_page
@require_POST
def drift_now(request: HttpRequest, name: str) -> HttpResponse:
    """Measure in the background."""
    task = task_get_for(user=request.user, name=name)
    with refusals_said(request):
        drift_start(task=task, owner=request.user)
    return redirect(f"{reverse('mlops:drift')}?task={task.name}")


@engine_page
@require_POST
def acknowledge(request: HttpRequest, pk: str) -> HttpResponse:
    """Somebody looks after an alert."""
    alert = alert_acknowledge(alert=alert_get_for(user=request.user, pk=pk), by=request.user)
    messages.success(request, "Noted: you look after it.")
    return redirect(f"{reverse('mlops:drift')}?task={alert.task.name}")
