"""Finding and listing runs and studies: filtered, searched, sorted."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from mlops.jobs.models import JobStatus
from mlops.training.models.run import Run
from mlops.training.models.study import Study
from mlops.training.selectors.run_search import run_query
from web.selectors.ordering import rows_sorted


def run_get_for(*, user: Any, pk: Any) -> Run:
    rows = Run.objects.visible_to(user).select_related("task", "dataset", "job", "version", "study")
    return get_object_or_404(rows, pk=pk)


def study_get_for(*, user: Any, pk: Any) -> Study:
    return get_object_or_404(Study.objects.visible_to(user).select_related("task", "dataset", "job"), pk=pk)


RUN_ORDERS = {"created": "created_at", "estimator": "estimator", "task": "task__title", "score": "score"}


def run_list(user: Any, asked: Mapping[str, str]) -> QuerySet[Run]:
    """Runs by task, estimator, status, study, `q` (see run_search) and `sort` (a column or a metric, "-" reverses).

    Raises BadSearch.
    """
    rows = Run.objects.visible_to(user).select_related("task", "job", "version", "study", "dataset")
    if task := asked.get("task"):
        rows = rows.filter(task__name=task)
    if estimator := asked.get("estimator"):
        rows = rows.filter(estimator=estimator)
    if (status := asked.get("status")) in JobStatus.values:
        rows = rows.filter(job__status=status)
    if asked.get("trials") == "no":
        rows = rows.filter(trial__isnull=True)
    rows = rows.filter(run_query(asked.get("q") or ""))
    return rows_sorted(rows, asked.get("sort", ""), RUN_ORDERS, json_field="metrics")
