"""Drift reports and alerts for pages and programs."""

import json
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.shortcuts import get_object_or_404

from mlops.monitoring.models import Alert, DriftReport, Feedback
from mlops.serving.models import Prediction
from mlops.tasks.models import Task

MAX_SHOWN = 80
"""Characters of a whole answer in a table."""


def report_list(user: Any) -> QuerySet[DriftReport]:
    """Newest first."""
    return DriftReport.objects.visible_to(user).select_related("task", "version")


def alert_list(user: Any) -> QuerySet[Alert]:
    """Open ones first, then the newest."""
    rows = Alert.objects.visible_to(user).select_related("task", "version", "acknowledged_by")
    return rows.order_by("closed_at", "-opened_at", "pk")


def alerts_open(user: Any) -> QuerySet[Alert]:
    """What is so now."""
    return alert_list(user).filter(closed_at__isnull=True).order_by("-opened_at", "pk")


def alert_get_for(*, user: Any, pk: Any) -> Alert:
    return get_object_or_404(Alert.objects.visible_to(user), pk=pk)


def answer_list(user: Any, task: Task) -> QuerySet[Prediction]:
    """Kept answers of a task, newest first, each with `was_opposed`: somebody corrected it."""
    opposed = Feedback.objects.filter(prediction=OuterRef("pk"), agreement__lt=0.5)
    rows = Prediction.objects.visible_to(user).filter(task=task).select_related("version", "athlete")
    return rows.annotate(was_opposed=Exists(opposed)).order_by("-at", "pk")


def answer_text(row: Prediction, unit: str = "") -> str:
    """A kept answer in a line, whatever its kind: label, number with interval, or the beginning of its JSON."""
    said = row.headline.text(unit)
    if said or row.value is None:
        return said
    whole = row.value if isinstance(row.value, str) else json.dumps(row.value, ensure_ascii=False)
    return whole if len(whole) <= MAX_SHOWN else f"{whole[: MAX_SHOWN - 1]}…"


def latest_report(task: Task) -> DriftReport | None:
    return DriftReport.objects.filter(task=task).select_related("version", "task").first()
