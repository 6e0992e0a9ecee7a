"""Finding rows of the engine room: always through `visible_to`, missing and forbidden alike are 404."""

from typing import Any

from django.db.models import Count, Max, QuerySet
from django.shortcuts import get_object_or_404

from mlops.models import AliasName, Dataset, LabelSet, ModelAlias, ModelVersion, Run, Study, Task


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


def dataset_get_for(*, user: Any, pk: Any) -> Dataset:
    return get_object_or_404(Dataset.objects.visible_to(user).select_related("task", "job"), pk=pk)


def run_get_for(*, user: Any, pk: Any) -> Run:
    rows = Run.objects.visible_to(user).select_related("task", "dataset", "job", "version", "study")
    return get_object_or_404(rows, pk=pk)


def version_get_for(*, user: Any, pk: Any) -> ModelVersion:
    rows = ModelVersion.objects.visible_to(user).select_related("task", "run", "run__dataset")
    return get_object_or_404(rows, pk=pk)


def label_set_get_for(*, user: Any, pk: Any) -> LabelSet:
    return get_object_or_404(LabelSet.objects.visible_to(user), pk=pk)


def study_get_for(*, user: Any, pk: Any) -> Study:
    return get_object_or_404(Study.objects.visible_to(user).select_related("task", "dataset", "job"), pk=pk)


def aliases_of(task: Task) -> dict[str, ModelAlias]:
    """Name → alias with its version."""
    rows = ModelAlias.objects.filter(task=task).select_related("version__task")
    return {alias.name: alias for alias in rows}


def champion_of(task: Task) -> ModelVersion | None:
    """The version the task's champion alias points at."""
    alias = ModelAlias.objects.filter(task=task, name=AliasName.CHAMPION).select_related("version").first()
    return alias.version if alias else None


def champions_of(tasks: QuerySet[Task]) -> dict[Any, ModelVersion]:
    """task id → champion, in one query."""
    aliases = ModelAlias.objects.filter(task__in=tasks, name=AliasName.CHAMPION).select_related("version__task")
    return {alias.task_id: alias.version for alias in aliases}
