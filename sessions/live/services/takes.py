"""Guided recording: what the athlete was told to do and did, as labels from the first second."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from sessions.models import LiveStream, Recording, Span, SpanOrigin, SpanState, StreamState
from sessions.services.spans import MIN_SPAN_S, check_span_label, span_create

MAX_TAKES = 500
MAX_TAKE_S = 3600.0


def stream_takes_set(*, stream: LiveStream, takes: Sequence[Mapping[str, Any]], by: Any) -> list[dict[str, Any]]:
    """Replace the takes of a stream: each {"start_s", "end_s", "label"} in the sender's seconds, not overlapping.

    Sending the whole list again is harmless, so a page may repeat it until it arrives. A stream that is stored
    already gets the new ones on its recording, and so do those that it continues: each keeps what lies within it.
    Locks the rows. Raises ValidationError with a sentence.
    """
    checked = _checked(takes, by)
    with transaction.atomic():
        row: LiveStream | None = LiveStream.objects.select_for_update().get(pk=stream.pk)
        while row is not None:
            row.takes = checked
            row.save(update_fields=["takes"])
            recording = row.recording or row.replay_of
            if row.state == StreamState.STORED and recording is not None:
                takes_place(takes=checked, recording=recording, t0=row.begin_s or 0.0)
            before = row.continues_id
            row = LiveStream.objects.select_for_update().get(pk=before) if before is not None else None
    return checked


def takes_place(*, takes: Sequence[Mapping[str, Any]], recording: Recording, t0: float) -> int:
    """Make confirmed Spans of takes on the recording that begins at second `t0`; returns how many are new.

    What lies outside the recording is cut off or left out; a take that is there already stays as it is.
    """
    people: dict[Any, Any] = get_user_model().objects.in_bulk({one["by"] for one in takes})
    known = {
        (round(start, 2), label)
        for start, label in Span.objects.filter(recording_id=recording.pk).values_list("start_s", "label")
    }
    n_new = 0
    for one in takes:
        start_s = min(max(0.0, one["start_s"] - t0), recording.duration_s)
        end_s = min(max(0.0, one["end_s"] - t0), recording.duration_s)
        if end_s - start_s < MIN_SPAN_S or (round(start_s, 2), one["label"]) in known:
            continue
        span_create(
            recording=recording, start_s=start_s, end_s=end_s, label=one["label"], state=SpanState.CONFIRMED,
            origin=SpanOrigin.PERSON, author=people.get(one["by"]),
        )
        n_new += 1
    return n_new


def _checked(takes: Sequence[Mapping[str, Any]], by: Any) -> list[dict[str, Any]]:
    if len(takes) > MAX_TAKES:
        detail = _("A session can have at most %(n)s takes.") % {"n": MAX_TAKES}
        raise ValidationError({"takes": detail}, code="too_many")
    checked: list[dict[str, Any]] = []
    for one in sorted(takes, key=lambda take: float(take["start_s"])):
        start_s, end_s = float(one["start_s"]), float(one["end_s"])
        if not (math.isfinite(start_s) and math.isfinite(end_s)):
            raise ValidationError({"takes": _("Start and end must be numbers of seconds.")}, code="not_finite")
        if not MIN_SPAN_S <= end_s - start_s <= MAX_TAKE_S:
            detail = _("A take must end after it starts and last at most one hour.")
            raise ValidationError({"takes": detail}, code="bad_times")
        if checked and start_s < checked[-1]["end_s"] - 1e-6:
            raise ValidationError({"takes": _("Takes must not overlap.")}, code="overlap")
        label = check_span_label(one["label"], SpanState.CONFIRMED)
        checked.append({"start_s": round(start_s, 4), "end_s": round(end_s, 4), "label": label, "by": by.pk})
    return checked
