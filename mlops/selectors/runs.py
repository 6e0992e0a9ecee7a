"""Lists of runs and versions: filtered, searched, sorted, a page at a time."""

import re
from collections.abc import Mapping
from typing import Any

from django.db.models import F, QuerySet

from mlops.models import AliasName, JobStatus, ModelVersion, Run
from mlops.selectors.run_search import run_query

_METRIC = re.compile(r"(?!.*__)[a-z][a-z0-9_]{0,39}")
RUN_ORDERS = {"created": "created_at", "estimator": "estimator", "task": "task__title", "score": "score"}
VERSION_ORDERS = {
    "created": "created_at", "number": "number", "task": "task__title", "estimator": "estimator", "score": "score",
    "train": "train_s", "size": "size_bytes", "latency": "latency_ms",
}  # fmt: skip


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
    return _sorted(rows, asked.get("sort", ""), RUN_ORDERS, metrics=True)


def version_list(user: Any, asked: Mapping[str, str]) -> QuerySet[ModelVersion]:
    """Versions by task, estimator, state (serving, passed, missed, due, retired) and `sort`."""
    rows = ModelVersion.objects.visible_to(user).select_related("task").prefetch_related("aliases")
    if task := asked.get("task"):
        rows = rows.filter(task__name=task)
    if estimator := asked.get("estimator"):
        rows = rows.filter(estimator=estimator)
    match asked.get("state"):
        case "serving":
            rows = rows.filter(aliases__name__in=AliasName.values).distinct()
        case "due":
            rows = rows.filter(retrain_due_at__isnull=False, retired_at__isnull=True)
        case "retired":
            rows = rows.filter(retired_at__isnull=False)
        case "active":
            rows = rows.filter(retired_at__isnull=True)
    return _sorted(rows, asked.get("sort", ""), VERSION_ORDERS)


def _sorted(rows: QuerySet[Any], sort: str, known: Mapping[str, str], *, metrics: bool = False) -> QuerySet[Any]:
    """Newest first unless asked otherwise; what has no value comes last either way."""
    name, reverse = sort.removeprefix("-"), sort.startswith("-")
    column = known.get(name)
    if column is None and metrics and _METRIC.fullmatch(name):
        column = f"metrics__{name}"
    if column is None:
        return rows.order_by("-created_at", "-pk")
    key = F(column).desc(nulls_last=True) if reverse else F(column).asc(nulls_last=True)
    return rows.order_by(key, "-created_at", "-pk")
