"""Recordings in the review queue: what nobody has labelled, what waits for a yes or no, what a decision writes."""

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext as _

from mlops.kinds.answers import Correction
from mlops.kinds.questions import Locator
from mlops.kinds.review import Corrections, Media, Proposal, ReviewHooks, Unlabelled
from mlops.ml.sensors.recording_file import read_range
from mlops.ml.windows import WindowSpec
from sessions.models import Recording, Sample, Span, SpanOrigin, SpanState
from sessions.selectors.asking import cut_windows
from sessions.selectors.recordings import readable, recording_samples, samples_path
from sessions.selectors.review_figure import lanes_figure
from sessions.services.span_undo import span_before, span_undo, span_written
from sessions.services.spans import span_create, span_update
from web.numbers import spelled
from web.refusals import Problem, not_found

CONTEXT_S = 3.0
"""Shown before and after the window."""
MAX_RECORDINGS = 400
MAX_EACH = 400
"""Windows of one recording that are scored, so that one long day does not fill the queue."""


class SensorReview(ReviewHooks):
    """Spans on recordings of athletes who let sensor data teach models."""

    def unlabelled(self, task: Any, manifest: Mapping[str, Any]) -> Iterator[Unlabelled]:
        spec = WindowSpec.from_json(manifest["window_spec"])
        rows = _recordings(task).filter(reviewed_at__isnull=True).select_related("session", "layout")
        for row in rows.order_by("-created_at", "pk")[:MAX_RECORDINGS]:
            t_s, samples = _whole(row)
            try:
                cut = cut_windows(
                    t_s, samples, row.layout.channel_names, manifest, stride=spec.length, limit=1_000_000
                )  # fmt: skip
            except ValidationError:
                continue
            taken = Span.objects.filter(recording_id=row.pk).exclude(state=SpanState.REJECTED)
            spans = list(taken.values_list("start_s", "end_s"))
            places = [cut.at(n) for n in range(len(cut))]
            free = [
                n for n, at in enumerate(places)
                if not any(at.start_s < end and at.end_s > start for start, end in spans)
            ]  # fmt: skip
            free = free[:: max(1, -(-len(free) // MAX_EACH))]
            if free:
                yield Unlabelled(row.pk, row.session.athlete_id, cut.take(free))

    def proposals(self, task: Any) -> Iterator[Proposal]:
        names = task.label_set.names if task.label_set else []
        rows = Span.objects.filter(recording__in=_recordings(task), state=SpanState.PROPOSED, label__in=names)
        for row in rows.select_related("recording__session").order_by("-created_at", "pk").iterator(chunk_size=200):
            yield Proposal(
                span=row.pk, source=row.recording_id, athlete_id=row.recording.session.athlete_id,
                correction=Correction(row.label), locator=Locator(row.start_s, row.end_s),
                version_number=str((row.answered or {}).get("model_version", "")),
                is_correction=row.origin == SpanOrigin.FEEDBACK,
            )  # fmt: skip

    def settled(self, spans: Sequence[uuid.UUID]) -> set[uuid.UUID]:
        waiting = Span.objects.filter(
            pk__in=list(spans), state=SpanState.PROPOSED, recording__deleted_at__isnull=True
        )  # fmt: skip
        return set(spans) - set(waiting.values_list("pk", flat=True))

    def decide(self, item: Any, *, action: str, label: str, correction: Any, by: Any) -> dict[str, Any]:
        recording = Recording.objects.learnable().filter(pk=item.source).first()
        if recording is None:
            raise not_found()
        state = {"reject": SpanState.REJECTED, "empty": SpanState.REVIEWED_EMPTY}.get(action, SpanState.CONFIRMED)
        span = Span.objects.filter(recording_id=recording.pk, pk=item.span).first() if item.span else None
        if span is not None:
            before = span_before(span)
            span = span_update(span=span, recording=recording, by=by, state=state, label=label or span.label)
            return span_written(span, before)
        label_said, number = item.said.get("label", item.label), item.version.number if item.version else None
        span = span_create(
            recording=recording, start_s=item.start_s, end_s=item.end_s, label=label or item.label, state=state,
            origin=SpanOrigin.MODEL if action in ("confirm", "reject") else SpanOrigin.PERSON, author=by,
            answered={"label": label_said, "confidence": item.said.get("confidence"), "model_version": number},
        )  # fmt: skip
        return span_written(span)

    def undo(self, item: Any, written: Mapping[str, Any], *, by: Any) -> None:
        recording = Recording.objects.learnable().filter(pk=item.source).first()
        if recording is None:
            raise not_found()
        span_undo(recording=recording, written=written)

    def media(self, item: Any) -> Media:
        row = Sample.objects.learnable().filter(pk=item.source).select_related("layout", "session__athlete").first()
        if row is None:
            raise not_found()
        begin, end = max(0.0, item.start_s - CONTEXT_S), min(row.duration_s, item.end_s + CONTEXT_S)
        pieces = list(recording_samples(row, start_s=begin, end_s=end + 1e-6))
        channels = [(channel["name"], channel.get("unit", "")) for channel in row.layout.channels]
        figure = lanes_figure(pieces, channels, (begin, end), (item.start_s, item.end_s))
        return Media(
            "workouts/review_media.html",
            {"figure": figure},
            caption=_("%(layout)s, %(from)s to %(to)s s")
            % {"layout": row.layout.title, "from": spelled(item.start_s, ".1f"), "to": spelled(item.end_s, ".1f")},
            label_url=reverse("workouts:label", args=[row.pk]),
        )

    def corrections(self, task: Any) -> Corrections:
        rows = Span.objects.filter(recording__in=_recordings(task), origin=SpanOrigin.FEEDBACK)
        return Corrections(
            rows.filter(state=SpanState.CONFIRMED).count(), rows.filter(state=SpanState.PROPOSED).count()
        )

    def corrections_in(self, task: Any, directory: Path) -> tuple[int, int]:
        rows = Span.objects.filter(
            recording__in=_recordings(task), origin=SpanOrigin.FEEDBACK, state=SpanState.CONFIRMED
        )
        wanted = {str(pk) for pk in rows.values_list("recording_id", flat=True)}
        held: set[str] = set()
        for path in directory.glob("shards/*/sources.json"):
            held |= {source["source"] for source in json.loads(path.read_text()) if source["n_windows"]}
        return len(wanted & held), len(wanted)


def _recordings(task: Any) -> Any:
    """Learnable recordings of the task's layout."""
    return Recording.objects.learnable().filter(layout__key=task.input.get("layout", ""))


def _whole(row: Recording) -> tuple[Any, Any]:
    """All samples; none of a recording whose file is damaged (its own page says so)."""
    try:
        with readable():
            return read_range(samples_path(row))
    except Problem:
        return np.zeros(0), np.zeros((0, len(row.layout.channels)), np.float32)
