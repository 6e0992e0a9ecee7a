"""What the pages of tasks and versions are told about the service."""

from typing import Any

from mlops.ml.calibration import calibration_bins
from mlops.models import Alert, Job, ReviewItem, ReviewState
from mlops.selectors.board import kind_or_none
from mlops.selectors.engine import champion_of
from mlops.selectors.live_accuracy import arms_compared, feedback_bins, live_accuracy
from mlops.services.retraining import KIND
from mlops.views.watch_figures import calibration_figure

MIN_AUDITED = 30
"""Reviewed answers before their calibration is drawn."""


def task_facts(task: Any, user: Any) -> dict[str, Any] | None:
    """Alerts, live accuracy, champion against challenger, retraining; None before the first champion."""
    champion = champion_of(task)
    if champion is None:
        return None
    champion.task = task
    kind = kind_or_none(task)
    retrain = Job.objects.filter(kind=KIND, parameters__task=str(task.pk)).order_by("-created_at").first()
    return {
        "champion": champion,
        "alerts": Alert.objects.filter(task=task, closed_at__isnull=True),
        "live": live_accuracy(champion),
        "arms": arms_compared(task),
        "corrections": kind.review.corrections(task) if kind is not None and kind.review is not None else None,
        "n_waiting": ReviewItem.objects.visible_to(user).filter(task=task, state=ReviewState.OPEN).count(),
        "may_review": user.is_ml_staff,
        "job": retrain,
    }


def version_facts(version: Any, user: Any) -> dict[str, Any] | None:
    """Calibration on held-out people and in service, live accuracy week by week; None where nothing is known."""
    bins = version.metrics.get("calibration")
    confidence, right = feedback_bins(version)
    served = calibration_bins(confidence, right) if len(right) >= MIN_AUDITED else []
    live = live_accuracy(version)
    facts = {
        "held_out": calibration_figure(bins) if isinstance(bins, list) else None,
        "served": calibration_figure(served),
        "live": live if live.has_any else None,
    }
    return facts if any(facts.values()) else None
