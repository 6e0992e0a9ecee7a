"""/ml/queue/: one queue of all tasks, one stretch at a time, by keyboard."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from mlops.models import Job, Task
from mlops.selectors.board import kind_or_none
from mlops.selectors.engine import task_get_for
from mlops.selectors.review import agreement, item_get_for, queue_counts, tasks_to_review
from mlops.services.review import review_decide, review_next, review_release
from mlops.services.review_fill import fill_start, hooks_for, proposals_queue
from mlops.views.access import engine_page
from mlops.views.problems import refusals_said
from web.refusals import NOT_FOUND, Problem

KEYS = "123456789"


def labeller_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For ML staff, who see samples; administrators and others get the same 404 as for what does not exist."""

    @engine_page
    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_ml_staff:
            raise Http404(NOT_FOUND)
        return view(request, *args, **kwargs)

    return checked


@labeller_page
@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    """The next item, claimed for five minutes, with what waits and how well people agree."""
    task = None
    if name := request.GET.get("task", ""):
        task = task_get_for(user=request.user, name=name[:64])
    for one in [task] if task else Task.objects.visible_to(request.user):
        if kind_or_none(one) is not None:
            proposals_queue(task=one)
    context: dict[str, Any] = {
        "task": task,
        "tasks": [(one, n) for one, n in tasks_to_review(request.user) if _reviewable(one)],
        "counts": queue_counts(request.user, task),
        "agreement": agreement(request.user, task),
        "query": f"?task={task.name}" if task else "",
        "jobs": list(Job.objects.open().filter(kind="review.fill")[:3]),
    }
    item = review_next(user=request.user, task=task)
    if item is not None:
        try:
            context |= _shown(item)
        except (Problem, Http404):
            review_release(item=item, user=request.user)
            messages.error(request, "The samples of the next stretch cannot be read. Open its sample to see why.")
    return render(request, "mlops/queue.html", context)


@labeller_page
@require_POST
def decide(request: HttpRequest, pk: str) -> HttpResponse:
    """One decision; the next item comes."""
    item = item_get_for(user=request.user, pk=pk)
    with refusals_said(request):
        action, label = request.POST.get("action", "")[:8], request.POST.get("label", "")[:64]
        review_decide(item=item, user=request.user, action=action, label=label)
    narrowed = f"?task={item.task.name}" if request.POST.get("narrowed") else ""
    return redirect(f"{reverse('mlops:queue')}{narrowed}")


@labeller_page
@require_POST
def fill(request: HttpRequest, name: str) -> HttpResponse:
    """Let the champion score what nobody has labelled."""
    task = task_get_for(user=request.user, name=name)
    with refusals_said(request):
        fill_start(task=task, owner=request.user)
        messages.success(request, "The champion looks through what nobody has labelled.")
    return redirect(f"{reverse('mlops:queue')}?task={task.name}")


def _reviewable(task: Task) -> bool:
    kind = kind_or_none(task)
    return kind is not None and kind.review is not None


def _shown(item: Any) -> dict[str, Any]:
    labels = item.task.label_set.labels if item.task.label_set else []
    keyed = []
    for number, label in enumerate(labels):
        key = label.get("key") or (KEYS[number] if number < len(KEYS) else "")
        keyed.append({"name": label["name"], "title": label.get("title") or label["name"], "key": key})
    known = {label["name"]: label["title"] for label in keyed}
    return {
        "item": item,
        "media": hooks_for(item.task).media(item),
        "labels": keyed,
        "proposed": known.get(item.label, item.label),
        "scores": [
            {"title": known.get(one["label"], one["label"]), "percent": round(100 * one["score"], 1)}
            for one in item.scores[:4]
        ],
    }
