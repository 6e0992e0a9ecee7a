"""Routes of served models and of those who watch and correct them."""

from typing import Any

from django.utils import timezone

from mlops.models import Alert, AlertKind, DriftReport, DriftVerdict, Feedback, Prediction, ReviewItem, ReviewReason
from tests.access.rows import ENGINE, SIGNED_IN, Row, expect


def _task(world: Any) -> dict[str, Any]:
    return {"name": world.task.name}


def _of(name: str) -> Any:
    return lambda world: {"pk": getattr(world, name).pk}


def extend(world: Any) -> None:
    """An alert, a drift report and an item to review."""
    now = timezone.now()
    world.alert = Alert.objects.create(task=world.task, kind=AlertKind.DRIFT, text="Shifted")
    world.drift_report = DriftReport.objects.create(
        task=world.task, version=world.version, period_from=now, period_to=now, verdict=DriftVerdict.TOO_FEW
    )
    world.review_item = ReviewItem.objects.create(
        task=world.task, athlete=world.athlete, reason=ReviewReason.UNCERTAIN, source=world.recording.pk,
        start_s=0.2, end_s=3.2, label="squat",
    )  # fmt: skip
    world.prediction = Prediction.objects.create(
        task=world.task, version=world.version, athlete=world.athlete, origin="api", label="squat", confidence=0.9,
        at=now,
    )  # fmt: skip
    world.feedback = Feedback.objects.create(
        task=world.task, version=world.version, prediction=world.prediction, athlete=world.athlete, origin="api",
        answered="squat", label="squat", at=now,
    )  # fmt: skip


_BROKEN = expect(503)
STAFF = expect(404, staff=200)
MOVES = expect(404, staff=302, administrator=302)
STAFF_MOVES = expect(404, staff=302)
STARTS = expect(403, staff=202, administrator=202)
PAGES = [
    Row("mlops:drift", ENGINE),
    Row("mlops:drift_now", MOVES, kwargs=_task, method="POST"),
    Row("mlops:alert_acknowledge", MOVES, kwargs=_of("alert"), method="POST"),
    Row("mlops:retrain", MOVES, kwargs=_task, method="POST"),
    Row("mlops:queue", STAFF),
    Row("mlops:queue_strategies", ENGINE),
    Row("mlops:review_fill", STAFF_MOVES, kwargs=_task, method="POST"),
    Row(
        "mlops:review_decide", STAFF_MOVES, kwargs=_of("review_item"), method="POST", data=lambda w: {"action": "skip"},
    ),
    Row("mlops:review_undo", STAFF_MOVES, kwargs=_of("review_item"), method="POST"),
]
API = [
    Row("mlops_api:task-predict", _BROKEN, kwargs=_task, note="the champion's files are missing"),
    Row("mlops_api:task-predict", expect(400), kwargs=_task, method="POST", note="asks nothing"),
    Row(
        "mlops_api:task-predict", expect(404, owner=503, coach=503, staff=503), kwargs=_task, method="POST",
        data=lambda w: {"recording": str(w.recording.pk)}, note="a recording",
    ),
    Row(
        "mlops_api:task-feedback", expect(404), kwargs=_task, method="POST",
        data=lambda w: {"prediction": str(w.recording.pk), "label": "squat"}, note="no such answer",
    ),
    Row("mlops_api:task-retrain", STARTS, kwargs=_task, method="POST"),
    Row("mlops_api:task-drift", STARTS, kwargs=_task, method="POST"),
    Row("mlops_api:task-review", STARTS, kwargs=_task, method="POST"),
    Row("mlops_api:drift-report-list", SIGNED_IN, note="empty for others"),
    Row("mlops_api:drift-report-detail", ENGINE, kwargs=_of("drift_report")),
    Row("mlops_api:answer-list", SIGNED_IN, note="empty for others"),
    Row("mlops_api:answer-detail", ENGINE, kwargs=_of("prediction")),
    Row("mlops_api:feedback-list", SIGNED_IN, note="empty for others"),
    Row("mlops_api:feedback-detail", ENGINE, kwargs=_of("feedback")),
    Row("mlops_api:alert-list", SIGNED_IN, note="empty for others"),
    Row("mlops_api:alert-detail", ENGINE, kwargs=_of("alert")),
    Row("mlops_api:alert-acknowledge", expect(403, staff=200, administrator=200), kwargs=_of("alert"), method="POST"),
    Row("mlops_api:review-item-list", SIGNED_IN, note="empty for others"),
    Row("mlops_api:review-item-detail", STAFF, kwargs=_of("review_item")),
    Row("mlops_api:review-item-agreement", SIGNED_IN, note="of nothing for others"),
    Row("mlops_api:review-item-take-next", expect(403, staff=200), method="POST"),
    Row(
        "mlops_api:review-item-undo", expect(403, staff=409, administrator=404), kwargs=_of("review_item"),
        method="POST", note="nothing decided",
    ),
    Row(
        "mlops_api:review-item-decide", expect(403, staff=200, administrator=404), kwargs=_of("review_item"),
        method="POST", data=lambda w: {"action": "confirm"},
    ),
]  # fmt: skip
ROWS = [*PAGES, *API]
