"""What went out and came in."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from mlops.models import HubPush, LoggedRun, ModelVersion, Task

OUTSIDE = ("hub:", "import:", "remote:")
"""Beginnings of the origin of versions that were not trained here."""


def is_outside(version: ModelVersion) -> bool:
    """True for a version that came from a hub, a file or a remote address."""
    return version.origin.startswith(OUTSIDE)


def is_judged(version: ModelVersion) -> bool:
    """True once its figures were measured here."""
    return version.metrics.get("measured_on", {}).get("part") not in (None, "none")


def push_list(user: Any) -> QuerySet[HubPush]:
    return HubPush.objects.visible_to(user).select_related("version__task", "job", "by")


def push_get_for(*, user: Any, pk: Any) -> HubPush:
    return get_object_or_404(push_list(user), pk=pk)


def logged_run_list(user: Any) -> QuerySet[LoggedRun]:
    return LoggedRun.objects.visible_to(user).select_related("task", "version", "by")


def logged_run_get_for(*, user: Any, pk: Any) -> LoggedRun:
    return get_object_or_404(logged_run_list(user), pk=pk)


def outside_versions(user: Any) -> QuerySet[ModelVersion]:
    """Versions from elsewhere, newest first."""
    rows = ModelVersion.objects.visible_to(user).select_related("task")
    return rows.filter(origin__regex=r"^(hub|import|remote):").order_by("-created_at")


def tasks_to_fill(user: Any) -> QuerySet[Task]:
    """Tasks whose models answer windows, into which a model can come."""
    return Task.objects.visible_to(user).filter(input__has_key="window_spec").order_by("title")
