"""Finding versions and what aliases point at."""

from collections.abc import Mapping
from typing import Any

from django.db.models import F, QuerySet
from django.shortcuts import get_object_or_404

from mlops.registry.models import AliasName, ModelAlias, ModelVersion
from mlops.tasks.models import Task
from web.selectors.ordering import rows_sorted


def version_get_for(*, user: Any, pk: Any) -> ModelVersion:
    rows = ModelVersion.objects.visible_to(user).select_related("task", "run", "run__dataset")
    return get_object_or_404(rows, pk=pk)


def aliases_of(task: Task) -> dict[str, ModelAlias]:
    """Name → alias with its version."""
    rows = ModelAlias.objects.filter(task=task).select_related("version__task")
    return {alias.name: alias for alias in rows}


def versions_kept(owner: Any) -> QuerySet[ModelVersion]:
    """The versions of one person's trainings, each with the bytes it takes as `kept`."""
    return ModelVersion.objects.filter(run__job__owner=owner).annotate(kept=F("size_bytes"))


def champion_of(task: Task) -> ModelVersion | None:
    """The version the task's champion alias points at."""
    alias = ModelAlias.objects.filter(task=task, name=AliasName.CHAMPION).select_related("version").first()
    return alias.version if alias else None


def champions_of(tasks: QuerySet[Task]) -> dict[Any, ModelVersion]:
    """task id → champion, in one query."""
    aliases = ModelAlias.objects.filter(task__in=tasks, name=AliasName.CHAMPION).select_related("version__task")
    return {alias.task_id: alias.version for alias in aliases}


VERSION_ORDERS = {
    "created": "created_at", "number": "number", "task": "task__title", "estimator": "estimator", "score": "score",
    "train": "train_s", "size": "size_bytes", "latency": "latency_ms",
}  # fmt: skip


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
    return rows_sorted(rows, asked.get("sort", ""), VERSION_ORDERS)


IMPORTED = ("hub:", "import:", "remote:")
"""Beginnings of the origin of versions that were not trained here."""


def is_imported(version: ModelVersion) -> bool:
    """True for a version that came from a hub, a file or a remote address."""
    return version.origin.startswith(IMPORTED)


def is_evaluated(version: ModelVersion) -> bool:
    """True once its figures were measured here."""
    return version.metrics.get("measured_on", {}).get("part") not in (None, "none")


def imported_versions(user: Any) -> QuerySet[ModelVersion]:
    """Versions from elsewhere, newest first."""
    rows = ModelVersion.objects.visible_to(user).select_related("task")
    return rows.filter(origin__regex=r"^(hub|import|remote):").order_by("-created_at")
