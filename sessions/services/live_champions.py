"""The champion of a Task as a loaded scorer."""

from uuid import UUID

from mlops.ml.scoring import OnnxScorer
from mlops.services.serving import ServedVersion, champion

_MAX_OPEN = 16
_open: dict[UUID, OnnxScorer] = {}


def champion_scorer(task: str) -> tuple[ServedVersion, OnnxScorer] | None:
    """What answers for the task, with its verified, loaded model; None without a champion. Raises BadArtifact."""
    served = champion(task)
    if served is None:
        return None
    scorer = _open.get(served.version_id)
    if scorer is None:
        scorer = OnnxScorer.open(served.path)
        while len(_open) >= _MAX_OPEN:
            del _open[next(iter(_open))]
        _open[served.version_id] = scorer
    return served, scorer
