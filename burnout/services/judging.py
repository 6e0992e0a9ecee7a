"""Outcomes judge predictions: what a model said about a day against what came in the days it spoke of."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.db.models import Exists, Max, OuterRef, Q
from django.utils import timezone

from burnout.models import CheckIn, Outcome, OutcomeKind
from burnout.selectors.days import outcomes_of
from burnout.selectors.features import day_at
from burnout.services.estimates import KIND, LOGGED_DAYS
from mlops.kinds.answers import Correction
from mlops.kinds.questions import Locator
from mlops.ml.contract import BadArtifact
from mlops.ml.survival.checkins.hazard import RECOVERY_DAYS
from mlops.ml.survival.checkins.index_days import HORIZON_DAYS
from mlops.models import Feedback, ModelVersion, Prediction, Task
from mlops.monitoring.services.feedback import feedback_record
from mlops.serving.services.versions import version_served

MAX_JUDGED = 500
"""In one run of the chore; the others wait for the next."""


def outcomes_judge() -> None:
    """A chore: audit every logged answer about a day whose horizon has passed.

    An outcome that comes early waits for the end of the horizon like all others: were it counted at once, a new
    version would be judged by nothing but outcomes for three months. What is recorded late, changed or deleted changes
    the audits with it.
    """
    for task in Task.objects.filter(kind=KIND):
        task_judge(task=task)


def task_judge(*, task: Task) -> int:
    """The same for one task; returns how many audits were written or removed."""
    outcome = task.input.get("outcome", OutcomeKind.BURNOUT)
    hit = set(Outcome.objects.filter(kind=outcome).values_list("athlete", flat=True))
    audits = Feedback.objects.filter(task=task, is_audit=True, by=None, prediction=OuterRef("pk"))
    rows = Prediction.objects.learnable().filter(task=task, place__startswith="row:", number__isnull=False)
    rows = rows.annotate(is_judged=Exists(audits), is_hit=Exists(audits.filter(truth=1)))
    rows = rows.filter(Q(athlete__in=hit) | Q(is_hit=True) | Q(is_judged=False)).select_related("version__task")
    known = _audits(task)
    known_outcomes = outcomes_of(hit, outcome)
    last_days = dict(CheckIn.objects.values_list("athlete").annotate(Max("day")).order_by())
    horizons: dict[Any, int] = {}
    seen, n = set(), 0
    for row in rows.order_by("at", "pk").iterator(chunk_size=500):
        day, key = day_at(row.place), (row.version_id, row.athlete_id, row.place)
        if day is None or key in seen or (row.at.date() - day).days > LOGGED_DAYS or n >= MAX_JUDGED:
            continue  # a word in hindsight may come from a model that has learned from what came
        seen.add(key)
        if row.version_id not in horizons:
            horizons[row.version_id] = horizon_of(row.version)
        truth = happened(
            day, horizons[row.version_id], known_outcomes.get(row.athlete_id, []), last_days.get(row.athlete_id)
        )
        audit = known.get(key)
        if truth == (None if audit is None else audit.truth):
            continue
        n += 1
        if truth is not None:
            _audit(row, truth)
        elif audit is not None:
            audit.delete()
    return n


def happened(day: date, horizon: int, outcomes: Sequence[Outcome], last_day: date | None) -> int | None:
    """1 when an outcome began within `horizon` days after `day`, 0 when none did, None before they have passed.

    None too for a day on which an outcome began or was not over, and for somebody who stopped answering before the
    horizon had passed: who is silent may have burnt out.
    """
    end = day + timedelta(days=horizon)
    if end >= timezone.now().date():
        return None
    for one in outcomes:
        over = one.ended_on or one.began_on + timedelta(days=RECOVERY_DAYS)
        if one.began_on <= day <= over:
            return None
    if any(day < one.began_on <= end for one in outcomes):
        return 1
    return 0 if last_day is not None and last_day >= end else None


def horizon_of(version: ModelVersion) -> int:
    """Days that a version's risks are about."""
    try:
        manifest = version_served(version).manifest
    except BadArtifact:
        return HORIZON_DAYS
    return int(manifest.get("config", {}).get("horizon") or manifest.get("horizon_days") or HORIZON_DAYS)


def _audits(task: Task) -> dict[tuple[Any, int, str], Feedback]:
    rows = Feedback.objects.filter(task=task, is_audit=True, by=None).defer("answered")
    return {(row.version_id, row.athlete_id, row.place): row for row in rows}


def _audit(row: Prediction, truth: int) -> None:
    feedback_record(
        version=row.version, athlete_id=row.athlete_id, answered=row.headline, correction=Correction(value=truth),
        by=None, origin=row.origin, source=row.source, prediction=row, is_audit=True, scope=row.scope,
        locator=Locator(row.start_s, row.end_s, row.place),
    )  # fmt: skip
