"""What people say an answered window of a live stream should have been."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from mlops.kinds.answers import Correction, Headline
from mlops.kinds.questions import Locator
from mlops.models import ModelVersion
from mlops.monitoring.services.feedback import feedback_record, feedback_withdraw
from sessions.live.services.answers import GivenAnswer
from sessions.models import LiveStream, StreamState

MAX_CORRECTIONS = 1000


def stream_correct(
    *, stream: LiveStream, label: str, answered: GivenAnswer, by: Any
) -> dict[str, Any]:
    """Keep what a person says a window should have been; it becomes a proposed Span when the stream is stored.

    A withheld answer counts as nothing said: the class that was withheld may be named, and that is no agreement. A
    second word about the same window replaces the first. Raises ValidationError when the stream is closed or
    holds too many.
    """
    decision, start_s, end_s = answered.decision, answered.start_s, answered.end_s
    correction = {
        "start_s": start_s, "end_s": end_s, "label": label, "by": by.pk,
        "answered": {
            "label": decision.said, "confidence": decision.confidence, "model_version": answered.version,
            "model": answered.model,
        },
    }
    if decision.abstained:
        correction["answered"] |= {"withheld": decision.label, "reason": decision.reason}
    with transaction.atomic():
        row = LiveStream.objects.select_for_update().filter(pk=stream.pk, state=StreamState.OPEN).first()
        if row is None:
            raise ValidationError(_("This session has ended."), code="closed")
        others = [one for one in row.corrections if (one["start_s"], one["end_s"]) != (start_s, end_s)]
        if len(others) >= MAX_CORRECTIONS:
            raise ValidationError(_("This session has too many corrections."), code="too_many")
        row.corrections = [*others, correction]
        row.save(update_fields=["corrections"])
    version = ModelVersion.objects.filter(task__name=answered.model, number=answered.version).first()
    if version is not None:
        feedback_record(
            version=version,
            athlete_id=stream.session.athlete_id,
            answered=Headline(decision.label, confidence=decision.confidence, reason=decision.reason),
            correction=Correction(label),
            by=by,
            source=stream.pk,
            locator=Locator(start_s, end_s),
        )
    return correction


def stream_correct_undo(*, stream: LiveStream, answered: GivenAnswer, by: Any) -> None:
    """Take back what `by` said about a window of an open stream, and what the model's record has of it."""
    where = (answered.start_s, answered.end_s)
    with transaction.atomic():
        row = LiveStream.objects.select_for_update().filter(pk=stream.pk, state=StreamState.OPEN).first()
        if row is None:
            return
        row.corrections = [
            one for one in row.corrections if (one["start_s"], one["end_s"]) != where or one["by"] != by.pk
        ]
        row.save(update_fields=["corrections"])
        feedback_withdraw(source=stream.pk, locator=Locator(*where), by=by)
