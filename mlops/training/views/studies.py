"""Pages of studies: choosing what to search, and following the search."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from mlops.access import engine_page
from mlops.datasets.models import DatasetStatus
from mlops.kinds.estimators import estimator_infos
from mlops.kinds.metric import metric_named
from mlops.registry.gate_words import gap_text
from mlops.tasks.selectors import task_get_for
from mlops.training.models.study import Study
from mlops.training.selectors.runs import study_get_for
from mlops.training.selectors.search_space import searchable
from mlops.training.services.runs import estimators_for
from mlops.training.services.studies import study_create
from mlops.training.study_form import StudyForm
from mlops.training.views.study_figures import history_figure, parallel_figure, trial_rows
from web.refusals import Problem
from web.views.said import say


@engine_page
@require_http_methods(["GET", "HEAD", "POST"])
def search(request: HttpRequest, name: str) -> HttpResponse:
    """Choose an estimator, its options and their ranges, and start a study."""
    row = task_get_for(user=request.user, name=name)
    try:
        names = estimators_for(row)
    except Problem as problem:
        say(request, problem)
        return redirect("mlops:task", name=row.name)
    infos = [info for known in names if searchable(info := estimator_infos()[known])]
    chosen = next((info for info in infos if info.name == request.GET.get("estimator")), infos[0] if infos else None)
    if chosen is None or not row.datasets.filter(status=DatasetStatus.READY).exists():
        messages.info(request, _("Build a dataset first."))
        return redirect("mlops:task", name=row.name)
    form = StudyForm(
        request.POST if request.method == "POST" else None,
        task=row,
        estimator=chosen,
        initial={"dataset": request.GET.get("dataset")},
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            study = study_create(
                task=row,
                dataset=data["dataset"],
                estimator=chosen.name,
                owner=request.user,
                n_trials=data["n_trials"],
                n_parallel=data["n_parallel"],
                seed=data["seed"],
                prune=data["prune"],
                space=form.space,
                config=form.config,
            )
            return redirect("mlops:study", pk=study.pk)
        except ValidationError as error:
            for message in error.messages:
                form.add_error(None, message)
        except Problem as problem:
            form.add_error(None, problem.detail)
    context = {"task": row, "infos": infos, "chosen": chosen, "form": form}
    return render(request, "mlops/search.html", context, status=400 if form.is_bound else 200)


@engine_page
@require_GET
def study(request: HttpRequest, pk: str) -> HttpResponse:
    """How far the search is and what it found."""
    row = study_get_for(user=request.user, pk=pk)
    info = estimator_infos().get(row.estimator)
    fixed = [(name.replace("_", " ").capitalize(), value) for name, value in sorted(row.config.items())]
    return render(request, "mlops/study.html", {**facts(row), "info": info, "fixed": fixed})


@engine_page
@require_GET
def study_found(request: HttpRequest, pk: str) -> HttpResponse:
    """The fragment with everything found so far; polls itself while the study is open."""
    return render(request, "mlops/study_found.html", facts(study_get_for(user=request.user, pk=pk)))


def facts(row: Study) -> dict[str, Any]:
    """Trials, drawings, weights of the options and the winner."""
    metric = metric_named(row.task.metrics, row.metric)
    runs = list(row.runs.select_related("job", "version__task").order_by("trial", "created_at"))
    trials = [run for run in runs if run.trial is not None]
    result = row.job.result if isinstance(row.job.result, dict) else {}
    best = next((run for run in trials if str(run.pk) == result.get("best")), None)
    winner = next((run for run in reversed(runs) if run.trial is None), None)
    version = getattr(winner, "version", None)
    weights = sorted((result.get("importance") or {}).items(), key=lambda item: -item[1])
    return {
        "study": row,
        "metric": metric,
        "best": best,
        "best_score": metric.text(best.score) if best else "–",
        "best_settings": [(name.replace("_", " ").capitalize(), best.config[name]) for name in row.space]
        if best
        else [],
        "winner": winner,
        "version": version,
        "gap": gap_text(version.metrics, row.task) if version is not None else "",
        "options": [name.replace("_", " ").capitalize() for name in row.space],
        "trials": trial_rows(row, trials, metric, result.get("best") or ""),
        "weights": [
            {"name": name.replace("_", " ").capitalize(), "share": round(100 * share)} for name, share in weights
        ],
        "parallel": parallel_figure(row, trials, metric),
        "history": history_figure(row, trials, metric),
        "n_pruned": sum(run.outcome == "pruned" for run in trials),
    }
