"""Pages of training runs: the list, one run, several side by side."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from mlops.access import engine_page
from mlops.figures.figures import confusion_figure, curve_figures, overlay_figures
from mlops.jobs.models import JobStatus
from mlops.kinds.estimators import estimator_infos
from mlops.kinds.metric import COSTS, is_number
from mlops.registry.gate_words import gap_text, measured_text
from mlops.slots import slots_for
from mlops.tasks.models import Task
from mlops.training.models.run import Run
from mlops.training.selectors.comparison import MAX_RUNS, Paired, judged_words, runs_compare, version_of
from mlops.training.selectors.run_search import BadSearch
from mlops.training.selectors.runs import run_get_for, run_list
from web.views.lists import query_without, sort_links

PAGE_SIZE = 50
COLUMNS = [
    ("created", gettext_lazy("Run")), ("task", gettext_lazy("Task")), ("estimator", gettext_lazy("Estimator")),
    ("score", gettext_lazy("Score")), ("train_s", gettext_lazy("Training time")),
]  # fmt: skip


@engine_page
@require_GET
def runs(request: HttpRequest) -> HttpResponse:
    """Every run, searched by what it was given and what it reached; choose some to compare."""
    problem = ""
    try:
        rows = run_list(request.user, request.GET)
    except BadSearch as error:
        problem, rows = str(error), Run.objects.none()
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "problem": problem,
        "columns": sort_links(request, COLUMNS, {"score", "train_s"}),
        "query": query_without(request, "page"),
        "asked": request.GET,
        "tasks": Task.objects.visible_to(request.user),
        "estimators": estimator_infos().values(),
        "statuses": JobStatus.choices,
        "train": COSTS[0],
        "max_runs": MAX_RUNS,
    }
    return render(request, "mlops/runs.html", context, status=400 if problem else 200)


@engine_page
@require_GET
def compare(request: HttpRequest) -> HttpResponse:
    """`?run=<id>&run=<id>`: two to six runs side by side, each against the first."""
    chosen = _chosen(request)
    if len(chosen) < 2:
        messages.info(request, _("Select at least two runs to compare."))
        return redirect("mlops:runs")
    found = runs_compare(chosen)
    names = [run_name(run) for run in chosen]
    context = {
        "found": found,
        "columns": [
            {"run": run, "name": name, "version": version_of(run), "judged": judged_words(run, version_of(run))}
            for run, name in zip(chosen, names, strict=True)
        ],
        "figures": overlay_figures(
            [(name, run.curve) for run, name in zip(chosen, names, strict=True)], chosen[0].task.metrics
        ),
        "confusions": [
            {"name": name, "figure": figure}
            for run, name in zip(chosen, names, strict=True)
            if (figure := _confusion(run))
        ],
        "pairs": [_pair_words(pair, run_name(pair.run)) for pair in found.pairs],
        "first": names[0],
    }
    return render(request, "mlops/compare.html", context)


@engine_page
@require_GET
def run(request: HttpRequest, pk: str) -> HttpResponse:
    """Config, progress, curve and log of one run."""
    row = run_get_for(user=request.user, pk=pk)
    info = estimator_infos().get(row.estimator)
    context = {
        "run": row,
        "info": info,
        "figures": curve_figures(row.curve, row.task.metrics),
        "config": [(name.replace("_", " ").capitalize(), _words(value)) for name, value in sorted(row.config.items())],
        "model": version_of(row),
        **_judged(row),
        "costs": [
            (metric.words, metric.text(row.metrics[metric.name])) for metric in COSTS if metric.name in row.metrics
        ],
        "slots": slots_for("run", row, request.user),
    }
    return render(request, "mlops/run.html", context)


@engine_page
@require_GET
def run_curve(request: HttpRequest, pk: str) -> HttpResponse:
    """The fragment with the curve; polls itself while the run is open."""
    row = run_get_for(user=request.user, pk=pk)
    figures = curve_figures(row.curve, row.task.metrics)
    return render(request, "mlops/run_curve.html", {"run": row, "figures": figures, "model": version_of(row)})


def run_name(run: Run) -> str:
    """Short and telling: "Version 3", "Trial 4", or when it began."""
    version = version_of(run)
    if version is not None:
        return f"Version {version.number}"
    return f"Trial {run.trial + 1}" if run.trial is not None else f"Run {str(run.pk)[:4]}"


def _chosen(request: HttpRequest) -> list[Run]:
    """The runs that were asked for and may be seen, in the order asked."""
    wanted: list[uuid.UUID] = []
    for text in request.GET.getlist("run")[: 4 * MAX_RUNS]:
        try:
            pk = uuid.UUID(text)
        except ValueError:
            continue
        if pk not in wanted:
            wanted.append(pk)
    rows = Run.objects.visible_to(request.user).select_related("task", "job", "version", "study", "dataset")
    known = {row.pk: row for row in rows.filter(pk__in=wanted)}
    return [known[pk] for pk in wanted if pk in known][:MAX_RUNS]


def _confusion(run: Run) -> Any:
    version = version_of(run)
    if version is None or not version.metrics.get("confusion"):
        return None
    labels = [entry["label"] for entry in version.metrics.get("per_class", [])]
    return confusion_figure(labels, version.metrics["confusion"]) if labels else None


def _pair_words(found: Paired, name: str) -> dict[str, Any]:
    metric, example, pair = found.run.task.metric, found.run.task.example, found.pair
    if pair.reason or pair.difference is None or pair.low is None or pair.high is None:
        return {"name": name, "text": pair.reason, "kind": ""}
    gap = metric.difference_text(pair.difference)
    between = f"{metric.difference_text(pair.low)} to {metric.difference_text(pair.high)}"
    if not found.is_certain:
        verdict, kind = _("no significant difference with these %(groups)s") % {"groups": example.groups}, ""
    else:
        better = pair.low > 0 if metric.higher_is_better else pair.high < 0
        verdict, kind = ("better", "ok") if better else ("worse", "warn")
    what = f"{example.count(pair.n_examples)} of {example.count_groups(pair.n_groups)}"
    how = _(", resampling whole %(groups)s") % {"groups": example.groups} if pair.by_draws else ""
    text = _("%(gap)s (95 %% interval %(between)s%(how)s), on the same %(what)s")
    text = text % {"gap": gap, "between": between, "how": how, "what": what}
    return {"name": name, "text": text, "verdict": verdict, "kind": kind}


def _judged(run: Run) -> dict[str, Any]:
    """What a run reached on examples it did not learn from: {"judged": figures, "measured", "gap"}."""
    version, metric = version_of(run), run.task.metric
    if version is None:
        score = (
            [] if run.score is None else [
                {"label": _("%(metric)s on validation") % {"metric": metric.words}, "value": metric.text(run.score)}
            ]
        )
        return {"judged": score, "measured": "", "gap": ""}
    figures = [
        {"label": one.words, "value": one.text(version.metrics[one.name])}
        for one in run.task.metrics
        if one.headline and is_number(version.metrics.get(one.name))
    ]
    return {"judged": figures, "measured": measured_text(version), "gap": gap_text(version.metrics, run.task)}


def _words(value: Any) -> Any:
    """True and False as a person says them."""
    return ("no", "yes")[value] if isinstance(value, bool) else value
