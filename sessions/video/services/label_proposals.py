"""What a model of your own sees in a clip, as stretches of one label; proposed as labels, to accept or correct."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from sessions.models import FeatureFile, FeatureModel, SpanOrigin, SpanState, Video, VideoSpan
from sessions.services.spans import MAX_SPANS, MIN_SPAN_S
from sessions.video.services.pose_stream import window_answers
from web.refusals import Problem

LEAST_CONFIDENCE = 0.6
"""Mean confidence of a stretch that is proposed."""
MAX_ROWS = 40_000
"""Rows of a feature file that are read while somebody waits: 20 minutes at 30 frames a second."""
LEAST_SHARED = 0.5


@dataclass(frozen=True)
class Stretch:
    """[start_s, end_s) of a clip in which a model says one label, and how sure it is on average."""

    start_s: float
    end_s: float
    label: str
    confidence: float


@dataclass(frozen=True)
class Proposals:
    """How many labels were proposed; how many stretches lie where the clip has labels, or are too unsure."""

    n_new: int
    n_taken: int
    n_unsure: int


def stretches_seen(*, features: FeatureFile, model: FeatureModel) -> list[Stretch]:
    """Windows of one label that follow each other, joined; where windows overlap, the border lies in their middle.

    Raises Problem 409 where model or features cannot be read, or the clip is too long.
    """
    if features.n_frames > MAX_ROWS:
        text = _("This video is too long for this page. Stream it through the API instead.")
        raise Problem(409, "too_long", text)
    return _joined(window_answers(features, model))


def _joined(answers: Iterable[tuple[float, float, str, float]]) -> list[Stretch]:
    found: list[Stretch] = []
    sure: list[float] = []
    for start_s, end_s, label, confidence in answers:
        last = found[-1] if found else None
        if last and last.label == label and start_s <= last.end_s:
            sure.append(confidence)
            found[-1] = Stretch(last.start_s, end_s, label, sum(sure) / len(sure))
            continue
        if last and start_s < last.end_s:
            start_s = (start_s + last.end_s) / 2
            found[-1] = Stretch(last.start_s, start_s, last.label, last.confidence)
        sure = [confidence]
        found.append(Stretch(start_s, end_s, label, confidence))
    return found


def labels_propose(*, video: Video, features: FeatureFile, model: FeatureModel) -> Proposals:
    """Propose a label for each stretch; replaces what the same model proposed and nobody touched. Raises Problem."""
    seen = stretches_seen(features=features, model=model)
    sure = [one for one in seen if one.confidence >= LEAST_CONFIDENCE and one.end_s - one.start_s >= MIN_SPAN_S]
    with transaction.atomic():
        Video.objects.select_for_update().get(pk=video.pk)
        video.spans.filter(
            state=SpanState.PROPOSED, origin=SpanOrigin.MODEL, author__isnull=True, answered__model=model.name
        ).delete()  # fmt: skip
        taken = list(video.spans.values_list("start_s", "end_s"))
        made = [_span(video, one, model) for one in sure if not _is_taken(one, taken)]
        if len(taken) + len(made) > MAX_SPANS:
            raise Problem(409, "too_many_labels", _("A video can have at most %(n)s labels.") % {"n": MAX_SPANS})
        VideoSpan.objects.bulk_create(made)
    return Proposals(len(made), len(sure) - len(made), len(seen) - len(sure))


def _span(video: Video, one: Stretch, model: FeatureModel) -> VideoSpan:
    return VideoSpan(
        video=video, start_s=round(one.start_s, 4), end_s=round(min(one.end_s, video.duration_s or one.end_s), 4),
        label=one.label[:64], state=SpanState.PROPOSED, origin=SpanOrigin.MODEL,
        answered={"label": one.label, "confidence": round(one.confidence, 4), "model": model.name},
    )  # fmt: skip


def _is_taken(one: Stretch, taken: list[tuple[float, float]]) -> bool:
    """Whether a label lies there: more than half of the time of either."""
    for start_s, end_s in taken:
        shared = min(end_s, one.end_s) - max(start_s, one.start_s)
        if shared > LEAST_SHARED * min(end_s - start_s, one.end_s - one.start_s):
            return True
    return False
