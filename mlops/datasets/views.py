"""Pages of datasets."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from mlops.access import engine_page
from mlops.datasets.forms import parameter_words
from mlops.datasets.models import Dataset
from mlops.datasets.selectors import dataset_get_for
from mlops.tasks.models import Task
from mlops.tasks.selectors import kind_or_none
from web.views.lists import query_without

PAGE_SIZE = 50


@engine_page
@require_GET
def datasets(request: HttpRequest) -> HttpResponse:
    """Every dataset of every task, newest first; `?task=` narrows."""
    rows = Dataset.objects.visible_to(request.user).select_related("task", "job")
    if name := request.GET.get("task"):
        rows = rows.filter(task__name=name)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "query": query_without(request, "page"),
        "asked": request.GET,
        "tasks": Task.objects.visible_to(request.user),
    }
    return render(request, "mlops/datasets.html", context)


@engine_page
@require_GET
def dataset(request: HttpRequest, pk: str) -> HttpResponse:
    """Hash, balance by label and subject, split, sources."""
    row = dataset_get_for(user=request.user, pk=pk)
    context = {
        "dataset": row,
        "facts": row.facts,
        "parameters": parameter_words(kind_or_none(row.task), row.parameters),
        "balance": balance_table(row),
        "bars": label_bars(row),
        "runs": row.runs.filter(trial__isnull=True).select_related("job", "version")[:50],
    }
    return render(request, "mlops/dataset.html", context)


def balance_table(dataset: Dataset) -> dict[str, Any]:
    """Columns and rows of examples by group and label, with part and total."""
    labels = sorted(dataset.facts.get("per_label", {}))
    per_subject = dataset.facts.get("per_subject", {})
    rows = []
    for entry in dataset.subjects.order_by("part", "subject"):
        counts = per_subject.get(entry.subject, {})
        counts = counts if isinstance(counts, dict) else {}
        part = "erased" if entry.redacted_at else entry.part
        shown = ["–"] * len(labels) if entry.redacted_at else [counts.get(label, 0) for label in labels]
        rows.append([entry.subject, part, *shown, "–" if entry.redacted_at else entry.n_examples])
    return {"columns": [dataset.task.example.group.capitalize(), _("Part"), *labels, _("All")], "rows": rows}


def label_bars(dataset: Dataset) -> list[dict[str, Any]]:
    """One bar a label: examples and share of the most frequent, in per cent."""
    counts: dict[str, int] = dataset.facts.get("per_label", {})
    most = max(counts.values(), default=0) or 1
    return [
        {"label": label, "count": count, "share": round(100 * count / most)} for label, count in sorted(counts.items())
    ]
