"""Finding datasets: missing and forbidden alike are 404."""

from typing import Any

from django.shortcuts import get_object_or_404

from mlops.datasets.models import Dataset


def dataset_get_for(*, user: Any, pk: Any) -> Dataset:
    return get_object_or_404(Dataset.objects.visible_to(user).select_related("task", "job"), pk=pk)
