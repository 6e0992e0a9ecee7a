"""Reading data sets and models in one's own space."""

from dataclasses import dataclass
from typing import Any

from django.db.models import F, QuerySet, Sum
from django.http import Http404
from django.shortcuts import get_object_or_404

from sessions.models import FeatureDataset, FeatureFile, FeatureModel, MakingState, SpanState, VideoSpan
from sessions.video.selectors.features import features_visible


def datasets_own(*, user: Any) -> QuerySet[FeatureDataset]:
    """One's own, the newest first."""
    return FeatureDataset.objects.visible_to(user).select_related("job")


def dataset_named(*, user: Any, name: str) -> FeatureDataset:
    """One's own by dataset_<id>, its id, or its path as it is told; 404 for everything else."""
    pk = name.removeprefix("processed/datasets/").removeprefix("dataset_")
    return get_object_or_404(datasets_own(user=user), pk=pk if pk.isascii() and pk.isalnum() else "")


def models_own(*, user: Any) -> QuerySet[FeatureModel]:
    """One's own, the newest first."""
    return FeatureModel.objects.visible_to(user).select_related("job")


def model_named(*, user: Any, name: str) -> FeatureModel:
    """One's own by its name or its id; 404 for everything else."""
    pk = name.rsplit("_", 1)[-1]
    row = get_object_or_404(models_own(user=user), pk=pk if pk.isascii() and pk.isalnum() else "")
    if name not in (row.pk, row.name):
        raise Http404
    return row


@dataclass(frozen=True)
class Material:
    """A feature file that a data set can be made of: confirmed labels of its clip, with their seconds."""

    file: FeatureFile
    seconds: dict[str, float]


def materials(*, user: Any) -> list[Material]:
    """One's own feature files, ready or still being made, the newest first."""
    rows = [row for row in features_visible(user=user) if row.state != MakingState.FAILED]
    spans = VideoSpan.objects.filter(video__in={row.video_id for row in rows}, state=SpanState.CONFIRMED)
    found: dict[Any, dict[str, float]] = {}
    summed = spans.values_list("video", "label").annotate(s=Sum(F("end_s") - F("start_s"))).order_by("label")
    for video, label, seconds in summed:
        found.setdefault(video, {})[label] = seconds
    return [Material(row, found.get(row.video_id, {})) for row in rows]
