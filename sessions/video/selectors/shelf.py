"""The feature files of this site for the kind of question that learns from them."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404

from sessions.models import FeatureFile, SpanState
from sessions.selectors.video_features import VideoFeatures
from sessions.video.selectors.features import features_path


class SiteShelf:
    """Feature files that may teach: landmarks, so the learning consent for sensor data and landmarks counts."""

    def teaching(self) -> Sequence[VideoFeatures]:
        """The newest of each clip."""
        rows = FeatureFile.objects.learnable().select_related("video__athlete").prefetch_related("video__spans")
        newest = {row.video_id: row for row in rows.order_by("created_at", "pk")}
        return [_told(row) for row in newest.values()]

    def get_for(self, *, user: Any, key: str) -> VideoFeatures:
        """One that `user` may see. Raises Http404."""
        rows = FeatureFile.objects.visible_to(user).filter(made_at__isnull=False)
        try:
            row = rows.select_related("video__athlete").prefetch_related("video__spans").get(pk=key)
        except (FeatureFile.DoesNotExist, ValidationError, ValueError):
            raise Http404 from None
        return _told(row)


def _told(row: FeatureFile) -> VideoFeatures:
    video = row.video
    spans = [
        (one.start_s, one.end_s, one.label)
        for one in sorted(video.spans.all(), key=lambda one: one.start_s)
        if one.state == SpanState.CONFIRMED
    ]
    seconds: dict[str, float] = {}
    for start_s, end_s, label in spans:
        seconds[label] = seconds.get(label, 0.0) + end_s - start_s
    athlete = video.athlete
    return VideoFeatures(
        key=row.pk.hex, path=features_path(row), start_s=0.0, end_s=video.duration_s, seconds=seconds, spans=spans,
        owner=athlete.pseudonym if athlete else "", rights="" if athlete else video.rights,
        athlete_id=athlete.pk if athlete else None,
    )  # fmt: skip
