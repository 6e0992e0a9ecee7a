"""What the pages of tasks and versions are told about the service."""

from typing import Any

from django.utils.translation import gettext as _

from mlops.jobs.models import Job
from mlops.kinds.answers import number_text
from mlops.ml.calibration import calibration_bins
from mlops.monitoring.models import Alert
from mlops.monitoring.selectors.live_accuracy import arms_compared, feedback_bins, live_accuracy, number_gaps
from mlops.monitoring.views.figures import calibration_figure
from mlops.registry.selectors import champion_of
from mlops.review.models import ReviewItem, ReviewState
from mlops.tasks.selectors import kind_or_none
from mlops.training.services.parents import parent_why_not
from mlops.training.services.retraining import KIND
from web.numbers import spelled_share

MIN_AUDITED = 30
"""Reviewed answers before their calibration is drawn."""


def task_facts(task: Any, user: Any) -> dict[str, Any] | None:
    """Alerts, agreement in service, champion against challenger, retraining; None before the first champion."""
    champion = champion_of(task)
    if champion is None:
        return None
    champion.task = task
    why_not = parent_why_not(champion)
    kind = kind_or_none(task)
    retrain = Job.objects.filter(kind=KIND, parameters__task=str(task.pk)).order_by("-created_at").first()
    return {
        "champion": champion,
        "alerts": Alert.objects.filter(task=task, closed_at__isnull=True),
        "live": live_accuracy(champion),
        "gaps": gap_texts(champion),
        "arms": arms_compared(task),
        "corrections": kind.review.corrections(task) if kind is not None and kind.review is not None else None,
        "n_waiting": ReviewItem.objects.visible_to(user).filter(task=task, state=ReviewState.OPEN).count(),
        "may_review": user.is_ml_staff,
        "job": retrain,
        "why_not": why_not,
        "news": "" if why_not else news_text(task, champion),
    }


def news_text(task: Any, champion: Any) -> str:
    """What came since the champion's dataset was built: recordings or videos, and reviewed examples."""
    kind, dataset = kind_or_none(task), champion.run.dataset
    if kind is None:
        return ""
    then = sum(n for n in dataset.facts.get("sources", {}).values() if isinstance(n, int))
    n_sources = max(0, kind.summary(task).n_sources - then)
    done = ReviewItem.objects.filter(task=task, state=ReviewState.DONE, reviews__at__gt=dataset.created_at)
    n_reviewed = done.values("pk").distinct().count()
    if not n_sources and not n_reviewed:
        return _("No new %(sources)s and no new reviews since version %(number)s was trained.") % {
            "sources": task.example.sources, "number": champion.number
        }
    return _("New since version %(number)s: %(n_sources)s %(sources)s, %(n)s reviewed %(examples)s.") % {
        "number": champion.number, "n_sources": n_sources, "sources": task.example.sources, "n": n_reviewed,
        "examples": task.example.words,
    }


def version_facts(version: Any, user: Any) -> dict[str, Any] | None:
    """Calibration on held-out data and in service, agreement week by week; None where nothing is known."""
    bins = version.metrics.get("calibration")
    confidence, right = feedback_bins(version)
    served = calibration_bins(confidence, right) if len(right) >= MIN_AUDITED else []
    live = live_accuracy(version)
    facts = {
        "held_out": calibration_figure(bins) if isinstance(bins, list) else None,
        "served": calibration_figure(served),
        "live": live if live.has_any else None,
        "gaps": gap_texts(version),
    }
    return facts if any(facts.values()) else None


def gap_texts(version: Any) -> list[tuple[str, str]]:
    """How far answered numbers lay from what people said in reviews; nothing for other answers."""
    found, kind = number_gaps(version), kind_or_none(version.task)
    if found is None:
        return []
    gap = number_text(found.mean_gap, kind.unit if kind is not None else "")
    lines = [(_("Mean error of reviewed predictions"), _("%(gap)s, %(n)s predictions") % {"gap": gap, "n": found.n})]
    if found.n_intervals:
        inside = _("%(share)s of %(n)s") % {
            "share": spelled_share(found.n_inside / found.n_intervals), "n": found.n_intervals
        }
        lines.append((_("Intervals that contain the reviewed value"), inside))
    return lines
