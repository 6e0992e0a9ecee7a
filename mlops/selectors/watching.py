"""Drift reports and alerts for pages and programs."""

from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet
from django.shortcuts import get_object_or_404

from mlops.models import Alert, DriftReport, Feedback, Prediction, Task


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
    opposed = Feedback.objects.filter(prediction=OuterRef("pk")).exclude(label=F("answered"))
    rows = Prediction.objects.visible_to(user).filter(task=task).select_related("version", "athlete")
    return rows.annotate(was_opposed=Exists(opposed)).order_by("-at", "pk")


def latest_report(task: Task) -> DriftReport | None:
    return DriftReport.objects.filter(task=task).select_related("version", "task").first()
