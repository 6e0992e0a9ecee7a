"""Writing labels on recordings and videos."""

import hashlib
import math
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from sessions.models import Recording, SpanOrigin, SpanState, Video
from sessions.models.span import TimeSpan
from sessions.services.imports.plan import LABEL
from web.refusals import Problem

Labelled = Recording | Video
"""What has a length and labels; called `recording` below."""
MIN_SPAN_S = 0.02
MAX_SPANS = 5000
"""Per recording: a day of one label every 17 seconds."""


def span_etag(span: TimeSpan) -> str:
    """Changes with every change of the label; sent as ETag and asked back as If-Match."""
    text = f"{span.pk}|{span.start_s!r}|{span.end_s!r}|{span.label}|{span.state}|{span.updated_at.isoformat()}"
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:24]}"'


def span_create(
    *,
    recording: Labelled,
    start_s: float,
    end_s: float,
    label: str,
    state: str = SpanState.CONFIRMED,
    origin: str = SpanOrigin.PERSON,
    author: Any = None,
    answered: dict[str, Any] | None = None,
) -> Any:
    """Label [start_s, end_s) seconds of a recording. Raises ValidationError, Problem 409 `too_many_labels`."""
    if recording.spans.count() >= MAX_SPANS:
        raise Problem(409, "too_many_labels", _("A recording can have at most %(n)s labels.") % {"n": MAX_SPANS})
    start_s, end_s = check_times(recording, start_s, end_s)
    return recording.spans.create(
        start_s=start_s,
        end_s=end_s,
        label=check_span_label(label, state),
        state=state,
        origin=origin,
        author=author,
        answered=answered,
    )


def span_update(*, span: TimeSpan, recording: Labelled, if_match: str = "", by: Any = None, **changes: Any) -> Any:
    """Change start_s, end_s, label or state. Raises ValidationError, Problem 412 `changed_meanwhile`.

    Locks the row: of two edits that read the same state, the second is refused when it sends If-Match.
    """
    with transaction.atomic():
        row = _locked(span, recording, if_match)
        row.start_s, row.end_s = check_times(
            recording, changes.get("start_s", row.start_s), changes.get("end_s", row.end_s)
        )
        row.state = changes.get("state", row.state)
        row.label = check_span_label(changes.get("label", row.label), row.state)
        row.author = by or row.author
        row.save()
    return row


def span_delete(*, span: TimeSpan, recording: Labelled, if_match: str = "") -> None:
    """Delete a label. Raises Problem 412 `changed_meanwhile`."""
    with transaction.atomic():
        _locked(span, recording, if_match).delete()


def spans_decide(*, recording: Labelled, state: str, by: Any) -> int:
    """Confirm or reject every proposed label of a recording; returns how many."""
    proposed = recording.spans.filter(state=SpanState.PROPOSED)
    return proposed.update(state=state, author=by, updated_at=timezone.now())


def check_times(recording: Labelled, start_s: Any, end_s: Any) -> tuple[float, float]:
    """Both as seconds inside the recording; an end a little beyond the last sample is moved there."""
    start, end = float(start_s), float(end_s)
    if not (math.isfinite(start) and math.isfinite(end)):
        raise ValidationError({"end_s": _("Start and end must be numbers of seconds.")}, code="not_finite")
    start, end = max(0.0, start), min(end, recording.duration_s)
    if end <= start or end - start < min(MIN_SPAN_S, recording.duration_s / 2):
        detail = _("The end must be after the start, and both must be within the recording.")
        raise ValidationError({"end_s": detail}, code="bad_times")
    return round(start, 4), round(end, 4) if end < recording.duration_s else end


def check_span_label(label: Any, state: str) -> str:
    """A label in normal form; only "reviewed, nothing here" may go without."""
    text = " ".join(str(label).split())
    if not text and state == SpanState.REVIEWED_EMPTY:
        return ""
    if not LABEL.fullmatch(text):
        raise ValidationError(
            {"label": _("A label starts with a letter or digit and has at most 64 plain characters.")}, code="bad_label"
        )
    return text


def _locked(span: TimeSpan, recording: Labelled, if_match: str) -> Any:
    row = recording.spans.select_for_update().filter(pk=span.pk).first()
    if row is None:
        raise Problem(412, "changed_meanwhile", _("This label was deleted in the meantime."))
    if if_match and if_match not in ("*", span_etag(row)):
        detail = _("This label was changed in the meantime and has been reloaded.")
        raise Problem(412, "changed_meanwhile", detail, etag=span_etag(row))
    return row
