"""What people say about answers becomes proposed labels on the recordings that were asked about."""

from typing import Any

from sessions.models import Recording, Span, SpanOrigin, SpanState
from sessions.services.spans import span_create


def feedback_to_span(feedback: Any) -> Span | None:
    """A proposed Span over exactly the window that was answered; None where it lies on no stored recording.

    Live streams keep their corrections themselves until they are stored. A second word replaces the first.
    """
    recording = Recording.objects.filter(pk=feedback.source, session__athlete=feedback.athlete_id).first()
    if recording is None or not feedback.end_s > feedback.start_s:
        return None
    Span.objects.filter(
        recording_id=recording.pk, start_s=feedback.start_s, end_s=feedback.end_s,
        origin=SpanOrigin.FEEDBACK, state=SpanState.PROPOSED,
    ).delete()  # fmt: skip
    if feedback.is_right:
        return None
    return span_create(
        recording=recording,
        start_s=feedback.start_s,
        end_s=feedback.end_s,
        label=feedback.label,
        state=SpanState.PROPOSED if feedback.label else SpanState.REVIEWED_EMPTY,
        origin=SpanOrigin.FEEDBACK,
        author=feedback.by,
        answered={
            "label": feedback.answered,
            "confidence": feedback.confidence,
            "model": feedback.task.name,
            "model_version": feedback.version.number,
        },
    )
