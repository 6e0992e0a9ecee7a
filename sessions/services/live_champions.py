"""The versions that answer a Task's live streams, as loaded scorers."""

from mlops.ml.scoring import OnnxScorer
from mlops.services.serving import ServedVersion, arms, scorer_of

Loaded = tuple[ServedVersion, OnnxScorer]


def champion_scorer(task: str) -> Loaded | None:
    """What answers for the task, with its verified, warm model; None without a champion. Raises BadArtifact."""
    served = arms(task).champion
    return None if served is None else (served, scorer_of(served).onnx)


def challenger_scorer(task: str) -> tuple[Loaded | None, float]:
    """The challenger in the same form and its share of the athletes; (None, 0) without one. Raises BadArtifact."""
    found = arms(task)
    if found.challenger is None:
        return None, 0.0
    return (found.challenger, scorer_of(found.challenger).onnx), found.share
