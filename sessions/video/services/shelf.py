"""The feature files of this site for the kind of question that learns from them: what may teach, what waits for a
reviewer, what becomes of a decision."""

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from mlops.kinds.answers import Correction
from mlops.kinds.questions import Locator
from mlops.kinds.review import Media, Proposal
from sessions.models import FeatureFile, SpanOrigin, SpanState, Video, VideoSpan
from sessions.selectors.review_figure import lanes_figure
from sessions.selectors.video_features import VideoFeatures
from sessions.services.spans import span_create, span_update
from sessions.video.selectors.envelope import NAMES
from sessions.video.selectors.features import channels, features_path
from web.refusals import not_found

CONTEXT_S = 3.0
"""Shown before and after a window."""
_STATES = {"reject": SpanState.REJECTED, "empty": SpanState.REVIEWED_EMPTY}


class SiteShelf:
    """Implements FeatureShelf. Features are landmarks: the learning consent for sensor data and landmarks counts."""

    def teaching(self) -> Sequence[VideoFeatures]:
        """The newest feature file of each clip."""
        return [_told(row) for row in _newest().values()]

    def get_for(self, *, user: Any, key: str) -> VideoFeatures:
        """One that `user` may see. Raises Http404."""
        try:
            return _told(_with_spans(FeatureFile.objects.visible_to(user)).get(pk=key, made_at__isnull=False))
        except (FeatureFile.DoesNotExist, ValidationError, ValueError):
            raise Http404 from None

    def unlabelled(self) -> Sequence[VideoFeatures]:
        rows = [row for row in _newest().values() if row.video.reviewed_at is None]
        return [_told(row, every=True) for row in sorted(rows, key=lambda row: row.created_at, reverse=True)]

    def proposals(self, labels: Sequence[str]) -> Iterable[Proposal]:
        newest = _newest()
        rows = VideoSpan.objects.filter(video__in=list(newest), state=SpanState.PROPOSED, label__in=list(labels))
        for row in rows.select_related("video").order_by("-created_at", "pk"):
            if row.video.athlete_id is not None:
                yield Proposal(
                    span=row.pk, source=newest[row.video_id].pk, athlete_id=row.video.athlete_id,
                    correction=Correction(row.label), locator=Locator(row.start_s, row.end_s),
                    version_number=str((row.answered or {}).get("model_version", "")),
                    is_correction=row.origin == SpanOrigin.FEEDBACK,
                )  # fmt: skip

    def settled(self, spans: Sequence[uuid.UUID]) -> set[uuid.UUID]:
        waiting = VideoSpan.objects.filter(
            pk__in=list(spans), state=SpanState.PROPOSED, video__deleted_at__isnull=True
        )  # fmt: skip
        return set(spans) - set(waiting.values_list("pk", flat=True))

    def decide(self, item: Any, *, action: str, label: str, by: Any) -> None:
        video = _source(item).video
        state = _STATES.get(action, SpanState.CONFIRMED)
        span = video.spans.filter(pk=item.span).first() if item.span else None
        if span is not None:
            span_update(span=span, recording=video, by=by, state=state, label=label or span.label)
            return
        number = item.version.number if item.version else None
        span_create(
            recording=video, start_s=item.start_s, end_s=item.end_s, label=label or item.label, state=state,
            origin=SpanOrigin.MODEL if action in ("confirm", "reject") else SpanOrigin.PERSON, author=by,
            answered={
                "label": item.said.get("label", item.label), "confidence": item.said.get("confidence"),
                "model_version": number,
            },
        )  # fmt: skip

    def media(self, item: Any) -> Media:
        """The joint angles around a window: features may be seen where pictures may not."""
        row = _source(item)
        begin, end = max(0.0, item.start_s - CONTEXT_S), min(row.video.duration_s, item.end_s + CONTEXT_S)
        found = channels(row)
        inside = slice(*np.searchsorted(found.t, [begin, end]))
        angles = {name: values[inside] for name, values in found.values.items() if name.endswith("angle")}
        names = [name for name in NAMES if name in angles and np.isfinite(angles[name]).mean() > 0.5]
        samples = np.stack([angles[name] for name in names], 1) if names else np.zeros((0, 0))
        known = np.isfinite(samples).all(1)
        pieces = [(found.t[inside][known], samples[known])] if names else []
        named = [(str(NAMES[name]), "°") for name in names]
        figure = lanes_figure(pieces, named, (begin, end), (item.start_s, item.end_s))
        caption = _("Video, %(from)s to %(to)s s") % {"from": f"{item.start_s:.1f}", "to": f"{item.end_s:.1f}"}
        return Media("workouts/review_media.html", {"figure": figure}, caption=caption)

    def corrected(self, labels: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
        newest = _newest()
        rows = VideoSpan.objects.filter(video__in=list(newest), origin=SpanOrigin.FEEDBACK, label__in=list(labels))
        found: dict[str, list[str]] = {SpanState.CONFIRMED: [], SpanState.PROPOSED: []}
        for video, state in rows.values_list("video_id", "state"):
            if state in found:
                found[state].append(newest[video].pk.hex)
        return found[SpanState.CONFIRMED], found[SpanState.PROPOSED]

    def correct(self, feedback: Any) -> VideoSpan | None:
        """A proposed label over exactly the window that was answered; a second word replaces the first."""
        row = FeatureFile.objects.filter(pk=feedback.source, video__deleted_at__isnull=True).first()
        if row is None or row.video.athlete_id != feedback.athlete_id or not feedback.end_s > feedback.start_s:
            return None
        row.video.spans.filter(
            start_s=feedback.start_s, end_s=feedback.end_s, origin=SpanOrigin.FEEDBACK, state=SpanState.PROPOSED
        ).delete()
        if feedback.is_right:
            return None
        return span_create(
            recording=row.video, start_s=feedback.start_s, end_s=feedback.end_s, label=feedback.label,
            state=SpanState.PROPOSED if feedback.label else SpanState.REVIEWED_EMPTY, origin=SpanOrigin.FEEDBACK,
            author=feedback.by,
            answered={
                "label": feedback.answered, "confidence": feedback.confidence, "model": feedback.task.name,
                "model_version": feedback.version.number,
            },
        )  # fmt: skip


def _with_spans(rows: QuerySet[FeatureFile]) -> QuerySet[FeatureFile]:
    return rows.select_related("video__athlete").prefetch_related("video__spans")


def _newest() -> dict[uuid.UUID, FeatureFile]:
    """Clip → its newest feature file that may teach."""
    rows = _with_spans(FeatureFile.objects.learnable()).order_by("created_at", "pk")
    return {row.video_id: row for row in rows}


def _source(item: Any) -> FeatureFile:
    row = FeatureFile.objects.learnable().select_related("video").filter(pk=item.source).first()
    if row is None:
        raise not_found()
    return row


def _told(row: FeatureFile, *, every: bool = False) -> VideoFeatures:
    """every: with all stretches on which somebody, or a model, has said something, not only the confirmed ones."""
    video: Video = row.video
    spans = [
        (one.start_s, one.end_s, one.label)
        for one in sorted(video.spans.all(), key=lambda one: one.start_s)
        if one.state == SpanState.CONFIRMED or (every and one.state != SpanState.REJECTED)
    ]
    seconds: dict[str, float] = {}
    for start_s, end_s, label in spans:
        seconds[label] = seconds.get(label, 0.0) + end_s - start_s
    athlete = video.athlete
    return VideoFeatures(
        key=row.pk.hex, path=features_path(row), start_s=0.0, end_s=video.duration_s, seconds=seconds, spans=spans,
        owner=athlete.pseudonym if athlete else "", rights="" if athlete else video.rights,
        is_generated=video.is_demo, athlete_id=athlete.pk if athlete else None,
    )  # fmt: skip
