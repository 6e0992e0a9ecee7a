"""What people say about answers: right, or what it should have been."""

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.models import Athlete, LearningScope
from mlops.models import AnswerOrigin, Feedback, ModelVersion, Prediction, Task
from mlops.services.prediction_log import log_write
from mlops.task_kinds import task_kind
from web.refusals import not_found


def feedback_record(
    *,
    version: ModelVersion,
    athlete_id: int,
    answered: str,
    label: str,
    by: Any,
    origin: str = AnswerOrigin.LIVE,
    confidence: float = 0.0,
    source: uuid.UUID | None = None,
    start_s: float = 0.0,
    end_s: float = 0.0,
    prediction: Prediction | None = None,
    is_audit: bool = False,
    scope: str = LearningScope.SENSOR,
) -> Feedback | None:
    """Keep what a person said about one answer; a second word about the same answer replaces the first.

    None without the athlete's learning consent: then nothing about the model is learned from it.
    """
    if not Athlete.objects.learnable(scope).filter(pk=athlete_id).exists():
        return None
    if prediction is None and source is not None:
        prediction = Prediction.objects.filter(
            version=version, source=source, start_s__range=(start_s - 1e-3, start_s + 1e-3), athlete=athlete_id
        ).first()
    values = {
        "task_id": version.task_id, "prediction": prediction, "scope": scope, "answered": answered[:64],
        "confidence": confidence, "label": label[:64], "is_audit": is_audit, "by": by, "at": timezone.now(),
    }  # fmt: skip
    same: dict[str, Any] = {"version": version, "athlete_id": athlete_id, "origin": origin}
    same |= {"prediction": prediction} if source is None else {"source": source, "start_s": start_s, "end_s": end_s}
    with transaction.atomic():
        rows = Feedback.objects.select_for_update().filter(**same).order_by("pk")
        kept = rows.first()
        if kept is None:
            where = {"source": source, "start_s": start_s, "end_s": end_s, "prediction": prediction}
            return Feedback.objects.create(**{**same, **where, **values})
        Feedback.objects.filter(pk=kept.pk).update(**values)
        kept.refresh_from_db()
    return kept


def feedback_on_prediction(*, task: Task, pk: Any, label: str, by: Any) -> Feedback:
    """A word about a logged answer about oneself. `label` empty: none of these. Raises Problem 404, ValidationError."""
    rows = Prediction.objects.filter(task=task, pk=pk, athlete__user=by).select_related("version__task")
    prediction = rows.first()
    if prediction is None:
        log_write()  # it may wait in this process still
        prediction = rows.first()
    if prediction is None:
        raise not_found()
    known = set(task.label_set.names) if task.label_set else set()
    if label and label not in known | {prediction.label}:
        raise ValidationError({"label": "This label is not one of the task's."}, code="unknown_label")
    kept = feedback_record(
        version=prediction.version, athlete_id=prediction.athlete_id, answered=prediction.label, label=label, by=by,
        origin=AnswerOrigin.API, confidence=prediction.confidence, source=prediction.source,
        start_s=prediction.start_s, end_s=prediction.end_s, prediction=prediction, scope=prediction.scope,
    )  # fmt: skip
    if kept is None:
        raise not_found()
    task_kind(task.kind).feedback_to_span(kept)
    return kept
