"""What went out and came in."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from mlops.exchange.models import HubPush, LoggedRun
from mlops.kinds.base import task_kinds
from mlops.tasks.models import Task


def push_list(user: Any) -> QuerySet[HubPush]:
    return HubPush.objects.visible_to(user).select_related("version__task", "job", "by")


def push_get_for(*, user: Any, pk: Any) -> HubPush:
    return get_object_or_404(push_list(user), pk=pk)


def logged_run_list(user: Any) -> QuerySet[LoggedRun]:
    return LoggedRun.objects.visible_to(user).select_related("task", "version", "by")


def logged_run_get_for(*, user: Any, pk: Any) -> LoggedRun:
    return get_object_or_404(logged_run_list(user), pk=pk)


def tasks_to_fill(user: Any) -> QuerySet[Task]:
    """Tasks into which a model can come: those whose kind is installed."""
    known = [kind.name for kind in task_kinds()]
    return Task.objects.visible_to(user).filter(kind__in=known).order_by("title")
