"""The versions that answer a Task's live streams, as loaded scorers."""

import logging

from mlops.ml.contract import BadArtifact
from mlops.ml.scoring import OnnxScorer
from mlops.serving.services.versions import ServedVersion, arms, scorer_of

logger = logging.getLogger(__name__)
Loaded = tuple[ServedVersion, OnnxScorer]


def champion_scorer(task: str) -> Loaded | None:
    """What answers for the task, with its verified, warm model; None without a champion. Raises BadArtifact."""
    served = arms(task).champion
    return None if served is None else (served, scorer_of(served).onnx)


def challenger_scorer(task: str) -> tuple[Loaded | None, float]:
    """The challenger in the same form and its share of the athletes; (None, 0) without one that can be served."""
    found = arms(task)
    if found.challenger is None:
        return None, 0.0
    try:
        return (found.challenger, scorer_of(found.challenger).onnx), found.share
    except BadArtifact as error:
        logger.warning("the challenger of %s cannot be served; the champion answers all: %s", task, error)
        return None, 0.0
