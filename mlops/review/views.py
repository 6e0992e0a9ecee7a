"""/ml/queue/: one queue of all tasks, one example at a time, by keyboard."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from mlops.access import engine_page
from mlops.jobs.models import Job
from mlops.kinds.answers import Headline
from mlops.kinds.metric import is_number
from mlops.review.models import ReviewAction, ReviewItem
from mlops.review.selectors import agreement, item_get_for, queue_counts, tasks_to_review
from mlops.review.services.fill import fill_start, hooks_for, proposals_queue
from mlops.review.services.review import review_decide, review_next, review_release
from mlops.review.services.undo import review_undo
from mlops.review.strategy_figures import strategy_sets
from mlops.tasks.models import Task
from mlops.tasks.selectors import kind_for, kind_or_none, task_get_for
from web.refusals import NOT_FOUND, Problem
from web.views.said import refusals_said

KEYS = "123456789"
MAX_CORRECTION = 20_000
"""Characters of a correction that a form may send."""


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
    item = review_next(user=request.user, task=task, first=_uuid(request.GET.get("item", "")))
    if item is not None:
        try:
            context |= _shown(item)
        except (Problem, Http404):
            review_release(item=item, user=request.user)
            messages.error(request, _("We can't read the data of the next item. Open its source to see why."))
    return render(request, "mlops/queue.html", context)


@engine_page
@require_GET
def strategies(request: HttpRequest) -> HttpResponse:
    """How the queue chooses, and how many labels that saves."""
    return render(request, "mlops/queue_strategies.html", {"sets": strategy_sets()})


@labeller_page
@require_POST
def decide(request: HttpRequest, pk: str) -> HttpResponse:
    """One decision; the next item comes."""
    item = item_get_for(user=request.user, pk=pk)
    with refusals_said(request):
        action, label = request.POST.get("action", "")[:8], request.POST.get("label", "")[:64]
        correction = _json(request.POST.get("correction", "")) if action == ReviewAction.CORRECT else None
        review_decide(item=item, user=request.user, action=action, label=label, correction=correction)
        narrowed = "?narrowed=1" if request.POST.get("narrowed") else ""
        undo = f"{reverse('mlops:review_undo', args=[item.pk])}{narrowed}"
        messages.success(request, f"{item.task.title}: {ReviewAction(action).label}", extra_tags=undo)
    return redirect(_queue_url(item, is_narrowed=bool(request.POST.get("narrowed"))))


@labeller_page
@require_POST
def undo(request: HttpRequest, pk: str) -> HttpResponse:
    """Take one's decision back; the item is shown again."""
    item = item_get_for(user=request.user, pk=pk)
    is_narrowed = bool(request.GET.get("narrowed"))
    with refusals_said(request):
        review_undo(item=item, user=request.user)
        messages.info(request, _("Undone. Decide it again."))
        return redirect(_queue_url(item, is_narrowed=is_narrowed, again=True))
    return redirect(_queue_url(item, is_narrowed=is_narrowed))


@labeller_page
@require_POST
def fill(request: HttpRequest, name: str) -> HttpResponse:
    """Let the champion score what nobody has labelled."""
    task = task_get_for(user=request.user, name=name)
    with refusals_said(request):
        fill_start(task=task, owner=request.user)
        messages.success(request, _("The champion is scoring unlabelled examples."))
    return redirect(f"{reverse('mlops:queue')}?task={task.name}")


def _queue_url(item: ReviewItem, *, is_narrowed: bool, again: bool = False) -> str:
    """The queue, of the item's task alone if so narrowed, with the item first if it is to be decided again."""
    wanted = {"task": item.task.name} if is_narrowed else {}
    if again:
        wanted["item"] = str(item.pk)
    return f"{reverse('mlops:queue')}?{urlencode(wanted)}" if wanted else reverse("mlops:queue")


def _uuid(text: str) -> UUID | None:
    """What an address names; None for anything else."""
    try:
        return UUID(text)
    except ValueError:
        return None


def _reviewable(task: Task) -> bool:
    kind = kind_or_none(task)
    return kind is not None and kind.review is not None


def _json(text: str) -> Any:
    """What a form says something is; None for an empty field. Raises ValidationError."""
    try:
        return json.loads(text[:MAX_CORRECTION]) if text.strip() else None
    except ValueError:
        raise ValidationError({"correction": _("This is not valid JSON.")}, code="bad_json") from None


def _shown(item: ReviewItem) -> dict[str, Any]:
    kind = kind_for(item.task)
    labels = item.task.label_set.labels if item.task.label_set else []
    keyed = []
    for number, label in enumerate(labels):
        key = label.get("key") or (KEYS[number] if number < len(KEYS) else "")
        keyed.append({"name": label["name"], "title": label.get("title") or label["name"], "key": key})
    known = {label["name"]: label["title"] for label in keyed}
    hooks = hooks_for(item.task)
    said = Headline(**item.said)
    proposed = known.get(item.label, item.label)
    if item.correction is not None:
        value = Headline(number=item.correction) if is_number(item.correction) else said
        proposed = value.text(kind.unit)
    return {
        "item": item,
        "media": (media := hooks.media(item)),
        "corrects": hooks.corrects,
        "labels": keyed,
        "unit": kind.unit,
        "form": media.form or ("" if labels else "mlops/review_correction.html"),
        "proposed": proposed,
        "said": said.text(kind.unit),
        "is_number": is_number(item.correction),
        "correction": json.dumps(item.correction, ensure_ascii=False),
        "scores": [
            {"title": known.get(one["label"], one["label"]), "percent": round(100 * one["score"], 1)}
            for one in _label_scores(item.scores)[:4]
        ],
    }


def _label_scores(value: Any) -> list[dict[str, Any]]:
    """The scores of an answer that is a list of labels; nothing for another form."""
    scores = value if isinstance(value, list) else []
    return [one for one in scores if isinstance(one, dict) and "label" in one and is_number(one.get("score"))]
