"""How an athlete's sensor usually looks: learned from each recording that is stored, compared with while streaming."""

import logging
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, transaction

from mlops.ml.contract import MLError
from mlops.ml.sensors.baseline import Baseline, baseline_of
from mlops.ml.sensors.recording_file import read_range
from sessions.models import Recording, SensorBaseline, Span, SpanState

logger = logging.getLogger(__name__)

MOST_S = 1800.0
"""So much of a long recording is looked at."""


def baseline_find(*, athlete_id: Any, layout_id: Any) -> Baseline | None:
    """The athlete's baseline for a layout; None before the first recording."""
    row = SensorBaseline.objects.filter(athlete_id=athlete_id, layout_id=layout_id).first()
    try:
        return Baseline.from_json(row.facts) if row is not None else None
    except MLError:
        logger.warning("the baseline %s cannot be read; it is made anew with the next recording", row and row.pk)
        return None


def baseline_learn(*, recording: Recording) -> SensorBaseline | None:
    """Take a stored recording into its athlete's baseline of this layout; a recording under a minute teaches nothing.

    Where labels are confirmed they say what was done, else the sets that were counted.
    """
    try:
        return _learn(recording)
    except (MLError, OSError, DatabaseError):
        logger.exception("recording %s could not be compared with earlier ones", recording.pk)
        return None


def _learn(recording: Recording) -> SensorBaseline | None:
    channels = [(channel["name"], channel.get("unit", "")) for channel in recording.layout.channels]
    t_s, samples = read_range(Path(settings.MEDIA_ROOT) / recording.file, 0.0, min(recording.duration_s, MOST_S))
    newer = baseline_of(channels, t_s, samples, _spans(recording))
    if newer is None:
        return None
    key = {"athlete_id": recording.session.athlete_id, "layout_id": recording.layout_id}
    with transaction.atomic():
        row = SensorBaseline.objects.select_for_update().filter(**key).first() or SensorBaseline(**key)
        try:
            merged = Baseline.from_json(row.facts).merged(newer) if row.facts else newer
        except MLError:
            merged = newer
        row.facts = merged.to_json()
        row.save()
    return row


def _spans(recording: Recording) -> list[tuple[float, float, str]]:
    confirmed = Span.objects.filter(recording=recording, state=SpanState.CONFIRMED)
    spans = list(confirmed.values_list("start_s", "end_s", "label"))
    return spans or [(one["start_s"], one["end_s"], one["exercise"]) for one in recording.sets if one["exercise"]]
