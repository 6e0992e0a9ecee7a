"""Labels of a clip become proposed labels of a recording."""

import math
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from mlops.ml.alignment_pieces import MOST_DRIFT
from sessions.models import Recording, Span, SpanOrigin, SpanState, Video, VideoSpan
from sessions.services.spans import MAX_SPANS, MIN_SPAN_S
from web.refusals import Problem

SEEN = (SpanState.CONFIRMED, SpanState.PROPOSED)


@dataclass(frozen=True)
class Proposed:
    """made: new proposed labels; left_out: labels of the clip outside the recording, or where it has a label."""

    made: int
    left_out: int


def labels_propose(*, video: Video, recording: Recording, offset_s: float, drift_ppm: float = 0.0) -> Proposed:
    """Propose the labels of a clip for a recording in which its time t lies at offset_s + t · (1 + drift_ppm / 10⁶).

    Earlier proposals from the same clip that nobody touched are replaced; whatever else the recording has stays, and
    nothing is proposed over it. Raises ValidationError, Problem 409 `no_labels`, `too_many_labels`.
    """
    if not math.isfinite(offset_s):
        raise ValidationError({"offset_s": _("The offset must be a number of seconds.")}, code="not_finite")
    if not abs(drift_ppm) <= MOST_DRIFT * 1e6 + 1e-6:
        raise ValidationError({"drift_ppm": _("The drift must be from -200 to 200.")}, code="bad_drift")
    seen = list(video.spans.filter(state__in=SEEN).exclude(label="").order_by("start_s", "pk"))
    if not seen:
        raise Problem(409, "no_labels", _("This video has no labels yet. Label it first."))
    source = {"video": str(video.pk), "offset_s": round(offset_s, 4), "drift_ppm": round(drift_ppm, 2)}
    with transaction.atomic():
        Recording.objects.select_for_update().get(pk=recording.pk)
        recording.spans.filter(
            state=SpanState.PROPOSED, author__isnull=True, answered__video=str(video.pk)
        ).delete()  # fmt: skip
        taken = list(recording.spans.values_list("start_s", "end_s"))
        made = [row for one in seen if (row := _moved(one, recording, source)) and not _is_taken(row, taken)]
        if len(taken) + len(made) > MAX_SPANS:
            raise Problem(409, "too_many_labels", _("A recording can have at most %(n)s labels.") % {"n": MAX_SPANS})
        Span.objects.bulk_create(made)
    return Proposed(len(made), len(seen) - len(made))


def _moved(span: VideoSpan, recording: Recording, source: dict) -> Span | None:
    """The label at its place in the recording; None where it lies outside."""
    scale = 1 + source["drift_ppm"] * 1e-6
    start_s, end_s = (source["offset_s"] + t * scale for t in (span.start_s, span.end_s))
    start_s, end_s = round(max(0.0, start_s), 4), round(min(end_s, recording.duration_s), 4)
    if end_s - start_s < MIN_SPAN_S:
        return None
    origin = SpanOrigin.MODEL if span.origin == SpanOrigin.MODEL else SpanOrigin.IMPORT
    return Span(
        recording=recording, start_s=start_s, end_s=end_s, label=span.label, state=SpanState.PROPOSED, origin=origin,
        answered=source,
    )  # fmt: skip


def _is_taken(span: Span, taken: list[tuple[float, float]]) -> bool:
    """Whether the recording has labels there: more than half of the time of either."""
    for start_s, end_s in taken:
        shared = min(end_s, span.end_s) - max(start_s, span.start_s)
        if shared > 0.5 * min(end_s - start_s, span.end_s - span.start_s):
            return True
    return False
