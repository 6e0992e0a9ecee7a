"""A name that somebody gave a food in a photo is also a word about the model that named it."""

from typing import Any

from accounts.models import LearningScope
from mlops.kinds.answers import Correction, Headline
from mlops.models import AnswerOrigin, Feedback, ModelVersion
from mlops.monitoring.services.feedback import feedback_record
from mlops.tasks.selectors import kind_for
from nutrition.models import PhotoRegion
from nutrition.photos.services.recognising import label_titles, place_of


def region_feedback(*, region: PhotoRegion, by: Any) -> Feedback | None:
    """Keep the name of a confirmed region as feedback about the version that answered; the next word replaces it.

    None where no model answered, its version no longer exists, or the photos of this person may not teach models.
    """
    scores, version_id = region.answer.get("scores"), region.answer.get("version")
    version = ModelVersion.objects.select_related("task__label_set").filter(pk=version_id).first() if scores else None
    if version is None:
        return None
    best = scores[0]
    answered = Headline(best["label"], confidence=best["score"], reason=region.answer.get("reason", ""))
    label = label_of(version, region.label)
    kept = feedback_record(
        version=version, athlete_id=region.photo.athlete_id, answered=answered, by=by, origin=AnswerOrigin.API,
        correction=Correction(label, None if label else region.label), source=region.photo_id,
        locator=place_of(region.box), scope=LearningScope.PHOTO,
        agreement=None if label else float(answered.abstained),
    )  # fmt: skip
    if kept is not None and label:
        kind_for(version.task).feedback_to_span(kept)
    return kept


def label_of(version: ModelVersion, name: str) -> str:
    """The task's label of this name or title; empty where it has none."""
    wanted = name.casefold()
    known = label_titles(version.task).items()
    return next((label for label, title in known if wanted in (label.casefold(), title.casefold())), "")
