"""Answers to many examples at once, for jobs: scored in the batches that the kind allows, not logged."""

from typing import Any

from mlops.kinds.answers import Answer
from mlops.kinds.base import task_kind
from mlops.kinds.batches import joined
from mlops.kinds.questions import Inputs
from mlops.serving.services.versions import ServedVersion, scorer_of


def outputs_of(served: ServedVersion, values: Any) -> Any:
    """Outputs of the version's scorer for at least one example. Raises what the scorer raises."""
    scorer, size = scorer_of(served), max(1, task_kind(served.kind).max_batch(served.manifest))
    return joined([scorer.answer(values[at : at + size]) for at in range(0, len(values), size)])


def answers_of(served: ServedVersion, inputs: Inputs) -> list[Answer]:
    """What the version says about each example; there is at least one."""
    return task_kind(served.kind).decide(outputs_of(served, inputs.values), inputs, served.manifest)
