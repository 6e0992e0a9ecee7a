"""Runs and studies."""

from mlops.training.models.run import Run, RunOutcome
from mlops.training.models.study import Study

__all__ = ["Run", "RunOutcome", "Study"]
