"""Finding jobs: always through `visible_to`."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from mlops.jobs.models import Job


def job_list(user: Any) -> QuerySet[Job]:
    """The jobs `user` may see, newest first."""
    return Job.objects.visible_to(user).select_related("owner")


def job_get_for(*, user: Any, pk: Any) -> Job:
    """One visible job; Http404 for missing and forbidden alike."""
    return get_object_or_404(Job.objects.visible_to(user).select_related("owner"), pk=pk)
