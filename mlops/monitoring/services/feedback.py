"""What people say about answers: right, or what it should have been."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import Athlete, LearningScope
from mlops.kinds.answers import Correction, Headline
from mlops.kinds.questions import WHOLE, Locator
from mlops.ml.abstention import NO_CLASS
from mlops.monitoring.models import Feedback
from mlops.registry.models import ModelVersion
from mlops.serving.models import AnswerOrigin, Prediction
from mlops.serving.services.log import log_write
from mlops.tasks.models import Task
from mlops.tasks.selectors import kind_for
from web.refusals import not_found


def feedback_record(
    *,
    version: ModelVersion,
    athlete_id: int,
    answered: Headline,
    correction: Correction,
    by: Any,
    origin: str = AnswerOrigin.LIVE,
    source: uuid.UUID | None = None,
    locator: Locator = WHOLE,
    prediction: Prediction | None = None,
    is_audit: bool = False,
    scope: str = LearningScope.SENSOR,
    agreement: float | None = None,
) -> Feedback | None:
    """Keep what a person said about one answer; a second word about the same answer replaces the first,
    though an audit never replaces what somebody said by themselves.

    agreement  where the correction does not tell it: 0 for an answer that is wrong, nobody said how
    None without the athlete's learning consent: then nothing about the model is learned from it.
    """
    if not Athlete.objects.learnable(scope).filter(pk=athlete_id).exists():
        return None
    if prediction is None and source is not None:
        near = (locator.start_s - 1e-3, locator.start_s + 1e-3)
        prediction = Prediction.objects.filter(
            version=version, source=source, start_s__range=near, place=locator.place, athlete=athlete_id
        ).first()
    if agreement is None:
        agreement = _agreement(version.task, answered, correction)
    values = {
        "task_id": version.task_id, "prediction": prediction, "scope": scope,
        "answered": "" if answered.abstained else answered.label[:64],
        "number": answered.number, "low": answered.low, "high": answered.high, "confidence": answered.confidence,
        "label": correction.label[:64], "truth": correction.value, "by": by, "at": timezone.now(),
        "agreement": agreement,
    }  # fmt: skip
    where = {"source": source, "start_s": locator.start_s, "end_s": locator.end_s, "place": locator.place}
    same: dict[str, Any] = {"version": version, "athlete_id": athlete_id, "origin": origin, "is_audit": is_audit}
    same |= {"prediction": prediction} if source is None else where
    with transaction.atomic():
        rows = Feedback.objects.select_for_update().filter(**same).order_by("pk")
        kept = rows.first()
        if kept is None:
            return Feedback.objects.create(**{**same, **where, **values})
        Feedback.objects.filter(pk=kept.pk).update(**values)
        kept.refresh_from_db()
    return kept


def feedback_withdraw(*, source: uuid.UUID, locator: Locator, by: Any) -> None:
    """Forget what a person said about one answer, because they took it back at once."""
    Feedback.objects.filter(
        source=source, start_s=locator.start_s, end_s=locator.end_s, place=locator.place, by=by, is_audit=False
    ).delete()


_SAID = ("answered", "number", "low", "high", "confidence", "label", "truth", "agreement", "by_id", "prediction_id")


def feedback_now(
    *, version: ModelVersion, athlete_id: int, origin: str, source: uuid.UUID, locator: Locator, is_audit: bool
) -> Feedback | None:
    """The word that `feedback_record` with these would replace."""
    return Feedback.objects.filter(
        version=version, athlete_id=athlete_id, origin=origin, is_audit=is_audit, source=source,
        start_s=locator.start_s, end_s=locator.end_s, place=locator.place,
    ).order_by("pk").first()  # fmt: skip


def feedback_note(kept: Feedback, before: Feedback | None) -> dict[str, Any]:
    """What `feedback_restore` needs, as JSON."""
    kept.refresh_from_db()
    was = None
    if before is not None:
        was = {name: getattr(before, name) for name in _SAID}
        was |= {"at": before.at.isoformat(), "prediction_id": before.prediction_id and str(before.prediction_id)}
    return {"pk": str(kept.pk), "at": kept.at.isoformat(), "before": was}


def feedback_restore(note: Mapping[str, Any]) -> None:
    """Make a word what it was before `note`, or forget it if it was new; one that was said since stays."""
    rows = Feedback.objects.filter(pk=note["pk"], at=datetime.fromisoformat(note["at"]))
    if note["before"] is None:
        rows.delete()
    else:
        rows.update(**{**note["before"], "at": datetime.fromisoformat(note["before"]["at"])})


def _agreement(task: Task, answered: Headline, correction: Correction) -> float:
    if correction == Correction():  # nothing is there
        return float(answered.abstained or answered.label in NO_CLASS)
    return float(kind_for(task).agreement(answered.to_json(), correction))


def feedback_on_prediction(*, task: Task, pk: Any, given: Any, by: Any) -> Feedback:
    """A word about a logged answer about oneself; `given`: what the kind's `check_correction` takes, or the answered
    label to confirm it. Raises Problem 404, ValidationError."""
    rows = Prediction.objects.filter(task=task, pk=pk, athlete__user=by).select_related("version__task")
    prediction = rows.first()
    if prediction is None:
        log_write()  # it may wait in this process still
        prediction = rows.first()
    if prediction is None:
        raise not_found()
    kind = kind_for(task)
    confirmed = isinstance(given, str) and given and given == prediction.label
    correction = Correction(given) if confirmed else kind.check_correction(task, given)
    kept = feedback_record(
        version=prediction.version, athlete_id=prediction.athlete_id, answered=prediction.headline,
        correction=correction, by=by, origin=AnswerOrigin.API, source=prediction.source,
        locator=Locator(prediction.start_s, prediction.end_s, prediction.place), prediction=prediction,
        scope=prediction.scope,
    )  # fmt: skip
    if kept is None:
        raise not_found()
    kind.feedback_to_span(kept)
    return kept
