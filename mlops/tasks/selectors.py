"""Finding tasks and label sets: missing and forbidden alike are 404."""

import uuid
from typing import Any

from django.db.models import Count, Max, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from mlops.jobs.kinds import JobContext, JobFailed
from mlops.kinds.base import TaskKind, task_kind
from mlops.tasks.models import LabelSet, Task
from web.refusals import Problem


def task_list(user: Any) -> QuerySet[Task]:
    """Tasks with how many datasets, runs and versions they have, and when last trained."""
    return (
        Task.objects.visible_to(user)
        .select_related("label_set")
        .annotate(
            n_datasets=Count("datasets", distinct=True),
            n_versions=Count("versions", distinct=True),
            trained_at=Max("versions__created_at"),
        )
    )


def task_get_for(*, user: Any, name: str) -> Task:
    """By name, as in its address."""
    return get_object_or_404(Task.objects.visible_to(user).select_related("label_set"), name=name)


def label_set_get_for(*, user: Any, pk: Any) -> LabelSet:
    return get_object_or_404(LabelSet.objects.visible_to(user), pk=pk)


def task_served_get(*, name: str) -> Task:
    """By name; 404 when there is none."""
    return get_object_or_404(Task.objects.select_related("label_set"), name=name)


def task_of(context: JobContext) -> Task:
    """The task a job is about. JobFailed when it is gone."""
    task = Task.objects.select_related("label_set").filter(pk=uuid.UUID(str(context.parameters["task"]))).first()
    if task is None:
        raise JobFailed("gone", _("The task no longer exists."))
    return task


def kind_or_none(task: Task) -> TaskKind | None:
    try:
        return task_kind(task.kind)
    except KeyError:
        return None


def kind_for(task: Task) -> Any:
    """The registered kind of a task. Problem 409 `kind_missing` when no installed app has it."""
    try:
        return task_kind(task.kind)
    except KeyError:
        raise Problem(
            409, "kind_missing", _("No installed app supports tasks of the kind “%(kind)s”.") % {"kind": task.kind}
        ) from None
