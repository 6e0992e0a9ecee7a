"""What of the engine room can be searched for; who does not belong to it finds nothing."""

import re
from collections.abc import Sequence
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from mlops.datasets.models import Dataset
from mlops.kinds.estimators import estimator_infos
from mlops.registry.models import ModelVersion
from mlops.tasks.models import Task
from mlops.training.models.run import Run
from web.registries.search import Hit, holding

NUMBER = re.compile(r"v?(\d{1,6})", re.IGNORECASE)
TASK = ("task__title", "task__name")


def tasks_found(user: Any, words: Sequence[str], limit: int) -> list[Hit]:
    """By title and by the name that programs use."""
    rows = holding(Task.objects.visible_to(user), words, "title", "name")
    return [Hit(row.title, reverse("mlops:task", args=[row.name]), row.name) for row in rows[:limit]]


def versions_found(user: Any, words: Sequence[str], limit: int) -> list[Hit]:
    """By task, estimator and number: "exercise v3"."""
    rows = ModelVersion.objects.visible_to(user).select_related("task").order_by("-created_at", "-pk")
    return [
        Hit(
            _("%(task)s, version %(number)d") % {"task": row.task.title, "number": row.number},
            reverse("mlops:version", args=[row.pk]),
            _estimator(row.estimator),
        )
        for row in holding(rows, words, *TASK, "estimator", also=_of_version)[:limit]
    ]


def runs_found(user: Any, words: Sequence[str], limit: int) -> list[Hit]:
    """Trainings by task and estimator, without the trials of a search."""
    rows = Run.objects.visible_to(user).filter(trial__isnull=True).select_related("task", "job")
    return [
        Hit(
            f"{row.task.title}, {_estimator(row.estimator)}",
            reverse("mlops:run", args=[row.pk]),
            f"{row.job.get_status_display()}, {_when(row.created_at)}",
        )
        for row in holding(rows, words, *TASK, "estimator", also=_of_model).order_by("-created_at", "-pk")[:limit]
    ]


def datasets_found(user: Any, words: Sequence[str], limit: int) -> list[Hit]:
    """By task and the beginning of the content hash."""
    rows = Dataset.objects.visible_to(user).select_related("task").order_by("-created_at", "-pk")
    rows = holding(rows, words, *TASK, also=lambda word: Q(content_hash__istartswith=word))
    return [
        Hit(
            f"{row.task.title}, {row.content_hash[:8]}" if row.content_hash else row.task.title,
            reverse("mlops:dataset", args=[row.pk]),
            f"{row.get_status_display()}, {_when(row.created_at)}",
        )
        for row in rows[:limit]
    ]


def _of_model(word: str) -> Q:
    word = word.casefold()
    return Q(estimator__in=[name for name, info in estimator_infos().items() if word in info.title.casefold()])


def _of_version(word: str) -> Q:
    found = NUMBER.fullmatch(word)
    return _of_model(word) | Q(number=int(found[1])) if found else _of_model(word)


def _estimator(name: str) -> str:
    info = estimator_infos().get(name)
    return info.title if info else name


def _when(moment: Any) -> str:
    return date_format(localtime(moment), "j M Y, H:i")

