"""What is on a plate: the champion of the task `food-image`, and beside it the foods that only its owner knows.

An answer, as it is stored with a region:

    {"scores": [{"label", "title", "score"} …]   at most five, the likeliest first
     "reason": ""                                why nothing is said: none, unsure, unlike
     "version", "model", "generated"             who said so, and whether it learned from generated plates
     "own": [{"id", "name", "score"} …]          foods of the owner that look alike, the likeliest first
     "missing": ""                               no_champion, part_missing, model_away: why there are no scores}
"""

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
from django.core.exceptions import ValidationError

from accounts.models import Athlete
from mlops.kinds.questions import Inputs, Locator, Question
from mlops.ml.vision.nearest_names import nearest_names
from mlops.ml.vision.photos import Photo
from mlops.models import Task
from mlops.serving.services.door import Reply, answer
from nutrition.models import FoodPhoto, OwnFoodExample
from nutrition.photos.selectors.photos import photo_pixels
from nutrition.photos.services.features import FeaturesAway, features_made_by, squares_features, squares_of
from web.refusals import Problem

logger = logging.getLogger(__name__)

TASK = "food-image"
N_SCORES = 5
_UNTOLD = {"no_champion": "no_champion", "not_served": "no_champion", "part_missing": "part_missing"}
Box = Sequence[float] | None


def squares_answered(*, photo: FoodPhoto, boxes: Sequence[Box]) -> list[dict[str, Any]]:
    """One answer a box, as above; never raises for a model that is away."""
    squares = squares_of(photo_pixels(photo), boxes)
    known = _model_answers(photo, boxes, squares)
    own = _own_answers(photo.athlete, squares)
    return [one | {"own": mine} for one, mine in zip(known, own, strict=True)]


def label_titles(task: Task) -> dict[str, str]:
    """Label → how people call it."""
    labels = task.label_set.labels if task.label_set else []
    return {one["name"]: one.get("title") or one["name"] for one in labels}


def place_of(box: Box) -> Locator:
    """Where a region lies in its photo, as predictions and feedback write it."""
    return Locator(place="" if box is None else "box:" + ",".join(f"{one:g}" for one in box))


def _model_answers(photo: FoodPhoto, boxes: Sequence[Box], squares: list[Photo]) -> list[dict[str, Any]]:
    task = Task.objects.select_related("label_set").filter(name=TASK).first()
    if task is None:
        return [_nothing("no_champion")] * len(squares)
    inputs = Inputs(squares, [place_of(box) for box in boxes])
    question = Question(
        lambda manifest: inputs, athlete_id=photo.athlete_id, who=photo.athlete.pseudonym, source=photo.pk
    )
    try:
        [reply] = answer(task=task, questions=[question])
    except (Problem, ValidationError) as refused:
        code = getattr(refused, "code", "")
        if code not in _UNTOLD:
            logger.warning("%s says nothing about a photo: %s", TASK, refused)
        return [_nothing(_UNTOLD.get(code, "model_away"))] * len(squares)
    titles = label_titles(task)
    return [_told(reply, number, titles) for number in range(len(squares))]


def _told(reply: Reply, number: int, titles: dict[str, str]) -> dict[str, Any]:
    said = reply.answers[number]
    scores = [
        {"label": one["label"], "title": titles.get(one["label"], one["label"]), "score": round(one["score"], 6)}
        for one in said.value[:N_SCORES]
    ]
    served = reply.served
    return {
        "scores": scores, "reason": said.headline.reason, "version": str(served.version_id), "model": served.title,
        "generated": bool(served.manifest.get("generated", True)), "missing": "",
    }  # fmt: skip


def _nothing(why: str) -> dict[str, Any]:
    return {"scores": [], "reason": "", "version": "", "model": "", "generated": False, "missing": why}


def _own_answers(athlete: Athlete, squares: list[Photo]) -> list[list[dict[str, Any]]]:
    """Foods of this person that each square looks like; nothing without examples or while no features can be made."""
    rows = list(
        OwnFoodExample.objects.filter(own_food__athlete=athlete, made_by=features_made_by()).select_related("own_food")
    )
    if not rows:
        return [[] for _ in squares]
    try:
        found = squares_features(squares)
    except FeaturesAway as error:
        logger.info("no own foods are compared: %s", error)
        return [[] for _ in squares]
    examples = np.stack([np.frombuffer(row.features, "<f4") for row in rows])
    names = [str(row.own_food_id) for row in rows]
    titles = {str(row.own_food_id): row.own_food.name for row in rows}
    return [
        [
            {"id": one.name, "name": titles[one.name], "score": round(one.score, 6)}
            for one in nearest_names(square, examples, names)
        ]
        for square in found
    ]
