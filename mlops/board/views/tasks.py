"""Pages of tasks: what is asked, what it can learn from, what was trained, who is champion."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from mlops.access import engine_page
from mlops.board.selectors.board import task_states
from mlops.datasets.forms import BuildForm
from mlops.datasets.models import DatasetStatus
from mlops.datasets.services.datasets import dataset_create
from mlops.kinds.base import TaskKind, task_kinds
from mlops.kinds.estimators import estimator_infos
from mlops.registry.difference import difference_of
from mlops.registry.gate_words import task_gates
from mlops.registry.models import PromotionEvent
from mlops.registry.selectors import aliases_of, champions_of
from mlops.registry.services.promotion import previous_champion
from mlops.slots import slots_for
from mlops.tasks.forms import TaskForm
from mlops.tasks.models import Task
from mlops.tasks.selectors import kind_or_none, task_get_for, task_list
from mlops.tasks.services.tasks import task_create
from mlops.training.forms import TrainForm
from mlops.training.models.run import Run
from mlops.training.services.runs import estimators_for, run_create
from web.refusals import Problem
from web.views.said import say

N_SHOWN = 20


@engine_page
@require_GET
def tasks(request: HttpRequest) -> HttpResponse:
    """All tasks with their champions."""
    rows = task_list(request.user)
    champions = champions_of(Task.objects.visible_to(request.user))
    return render(request, "mlops/tasks.html", {"rows": [(task, champions.get(task.pk)) for task in rows]})


@engine_page
@require_http_methods(["GET", "HEAD", "POST"])
def task_new(request: HttpRequest) -> HttpResponse:
    """Make a task without code; `?kind=` chooses what is asked."""
    kinds = task_kinds()
    kind = next((known for known in kinds if known.name == request.GET.get("kind")), kinds[0] if kinds else None)
    if kind is None:
        return render(request, "mlops/task_new.html", {"kinds": []}, status=200 if request.method == "GET" else 400)
    form = TaskForm(request.POST if request.method == "POST" else None, user=request.user, kind=kind)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            task = task_create(
                name=data["name"],
                title=data["title"],
                kind=kind.name,
                owner=request.user,
                label_set=data.get("label_set"),
                input=form.input,
                gates=form.gates,
            )
        except ValidationError as error:
            for message in error.messages:
                form.add_error(None, message)
        except Problem as problem:
            form.add_error(None, problem.detail)
        else:
            return redirect("mlops:task", name=task.name)
    context = {"form": form, "kinds": kinds, "kind": kind}
    return render(request, "mlops/task_new.html", context, status=400 if form.is_bound else 200)


@engine_page
@require_GET
def task(request: HttpRequest, name: str) -> HttpResponse:
    """Everything about one task."""
    row = task_get_for(user=request.user, name=name)
    aliases = aliases_of(row)
    champion = aliases["champion"].version if "champion" in aliases else None
    [state] = task_states([row], {row.pk: champion} if champion else {}, user=request.user)
    events = PromotionEvent.objects.filter(task=row)
    previous = previous_champion(row) if champion else None
    kind, newest = kind_or_none(row), row.datasets.filter(status=DatasetStatus.READY).first()
    context = {
        "task": row,
        "state": state,
        "champion": champion,
        "challenger": aliases.get("challenger"),
        "previous": previous,
        "rollback": difference_of(
            previous, champion, serves_as=(kind or TaskKind).serves_as, challenger=aliases.get("challenger"), again=True
        )
        if previous is not None else None,
        "build_form": BuildForm(kind=kind) if kind is not None else None,
        "datasets": row.datasets.select_related("job")[:N_SHOWN],
        "rights": newest.facts.get("rights", []) if newest else [],
        "has_dataset": newest is not None,
        "runs": row.runs.filter(trial__isnull=True).select_related("job", "dataset", "version")[:N_SHOWN],
        "studies": row.studies.select_related("job")[:N_SHOWN],
        "versions": row.versions.select_related("task").order_by("-number")[:N_SHOWN],
        "n_versions": state.n_versions,
        "n_shown": N_SHOWN,
        "gates": task_gates(row),
        "events": events.select_related("from_version", "to_version", "by")[:N_SHOWN],
        "slots": slots_for("task", row, request.user),
    }
    return render(request, "mlops/task.html", context)


@engine_page
@require_POST
def build(request: HttpRequest, name: str) -> HttpResponse:
    """Start building a dataset."""
    row = task_get_for(user=request.user, name=name)
    kind = kind_or_none(row)
    if kind is None:
        raise Http404
    form = BuildForm(request.POST, kind=kind)
    if form.is_valid():
        try:
            dataset = dataset_create(task=row, owner=request.user, parameters=form.parameters)
            return redirect("mlops:dataset", pk=dataset.pk)
        except (ValidationError, Problem) as error:
            say(request, error)
    else:
        messages.error(request, _("Please check your choices."))
    return redirect("mlops:task", name=row.name)


@engine_page
@require_http_methods(["GET", "HEAD", "POST"])
def train(request: HttpRequest, name: str) -> HttpResponse:
    """Choose dataset, estimator and options, and start a training."""
    row = task_get_for(user=request.user, name=name)
    try:
        names = estimators_for(row)
    except Problem as problem:
        say(request, problem)
        return redirect("mlops:task", name=row.name)
    infos = [estimator_infos()[known] for known in names]
    like = run_like(request, row)
    wanted = like.estimator if like else request.GET.get("estimator")
    chosen = next((info for info in infos if info.name == wanted), infos[0] if infos else None)
    if chosen is None or not row.datasets.filter(status=DatasetStatus.READY).exists():
        messages.info(request, _("Build a dataset first."))
        return redirect("mlops:task", name=row.name)
    form = TrainForm(
        request.POST if request.method == "POST" else None,
        task=row,
        estimator=chosen,
        initial=train_initial(request, like, chosen.name),
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            run = run_create(
                task=row,
                dataset=data["dataset"],
                estimator=chosen.name,
                owner=request.user,
                config=form.config,
                seed=data["seed"],
            )
            return redirect("mlops:run", pk=run.pk)
        except ValidationError as error:
            for message in error.messages:
                form.add_error(None, message)
        except Problem as problem:
            form.add_error(None, problem.detail)
    status = 400 if form.is_bound else 200
    return render(
        request, "mlops/train.html", {"task": row, "infos": infos, "chosen": chosen, "form": form}, status=status
    )


def run_like(request: HttpRequest, task: Task) -> Run | None:
    """`?run=<id>`: train again with the settings of a run of this task."""
    try:
        pk = uuid.UUID(request.GET.get("run", ""))
    except ValueError:
        return None
    return Run.objects.visible_to(request.user).filter(task=task, pk=pk).first()


def train_initial(request: HttpRequest, like: Run | None, estimator: str) -> dict[str, Any]:
    """What the form begins with: the settings of another run, or only the dataset that was asked for."""
    initial: dict[str, Any] = {"dataset": request.GET.get("dataset")}
    if like is not None and like.estimator == estimator:
        initial |= {"dataset": like.dataset_id, "seed": like.seed}
        for name, value in like.config.items():
            has_choices = estimator_infos()[estimator].option(name)
            initial[f"option_{name}"] = str(value) if has_choices and has_choices.choices else value
    return initial
