"""/ml/drift/: shifts of what is served, alerts, the last answers that were kept."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from mlops import slots as page_slots
from mlops.access import engine_page
from mlops.jobs.models import Job
from mlops.kinds.monitoring import DriftRules
from mlops.monitoring.selectors.monitoring import (
    alert_get_for,
    alert_list,
    alerts_open,
    answer_list,
    answer_text,
    latest_report,
    report_list,
)
from mlops.monitoring.services.alerts import alert_acknowledge
from mlops.monitoring.services.drift import drift_sentence, drift_start
from mlops.monitoring.views.figures import shift_figure
from mlops.registry.models import AliasName, ModelAlias
from mlops.tasks.models import Task
from mlops.tasks.selectors import kind_or_none, task_get_for
from web.numbers import spelled
from web.views.said import refusals_said

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
        "keep_days": settings.PREDICTION_KEEP_DAYS,
        "slots": page_slots.slots_for("drift", chosen, request.user),
    }
    if chosen is not None:
        report, kind = latest_report(chosen), kind_or_none(chosen)
        rules = kind.drift if kind is not None else DriftRules()
        answers, unit = answer_list(request.user, chosen)[:N_ANSWERS], kind.unit if kind is not None else ""
        context |= {
            "rules": rules,
            "least_athletes": _("at least %(min_athletes)s needed") % {"min_athletes": rules.min_athletes},
            "least_answers": _("at least %(min_examples)s needed") % {"min_examples": spelled(rules.min_examples, ",")},
            "reference_words": _("%(groups)s in the training data") % {"groups": chosen.example.groups},
            "job": Job.objects.open().filter(dedupe_key=f"drift.measure:{chosen.pk}").first(),
            "answers": [(row, answer_text(row, unit)) for row in answers],
            "history": report_list(request.user).filter(task=chosen)[:N_HISTORY],
        }
        if report is not None:
            labels = report.facts.get("labels", [])
            said = [shift_figure(one, labels, unit) for one in report.facts.get("answers", [])]
            features = [shift_figure(one) for one in report.facts.get("features", [])]
            context |= {"report": report, "sentence": drift_sentence(report), "features": features}
            context["drawn"] = [*said, *features[:N_DRAWN]]
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
    """Say that one takes care of an alert."""
    alert = alert_acknowledge(alert=alert_get_for(user=request.user, pk=pk), by=request.user)
    messages.success(request, _("Alert acknowledged."))
    return redirect(f"{reverse('mlops:drift')}?task={alert.task.name}")
