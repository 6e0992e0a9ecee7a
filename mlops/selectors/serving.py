"""Finding what serves: tasks have no secrets, so that everybody signed in may ask their champions."""

from django.shortcuts import get_object_or_404

from mlops.models import Task


def task_served_get(*, name: str) -> Task:
    """By name; 404 when there is none."""
    return get_object_or_404(Task.objects.select_related("label_set"), name=name)
