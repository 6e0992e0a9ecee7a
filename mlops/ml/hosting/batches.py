"""Putting the inputs of several callers together, and taking their outputs apart.

Inputs and outputs are an array (first axis: the examples), a list of examples, or a dictionary of those with equally
many examples each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from mlops.ml.hosting.errors import BadRequest

MAX_INPUTS = 65_536
"""Examples in one call."""


def n_examples(value: Any) -> int:
    """How many examples there are. Raises BadRequest when that cannot be told."""
    if isinstance(value, Mapping) and value:
        counts = {n_examples(one) for one in value.values()}
        if len(counts) == 1:
            return counts.pop()
    elif isinstance(value, np.ndarray) and value.ndim:
        return len(value)
    elif isinstance(value, list | tuple):
        return len(value)
    raise BadRequest("a batch is an array, a list, or a dictionary of equally long ones", code="bad_inputs")


def form(value: Any) -> Any:
    """What two batches must share to be answered together."""
    if isinstance(value, Mapping):
        return tuple(sorted((key, form(one)) for key, one in value.items()))
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape[1:]
    return "list"


def join(values: Sequence[Any]) -> Any:
    """Batches of one form as one batch."""
    if len(values) == 1:
        return values[0]
    first = values[0]
    if isinstance(first, Mapping):
        return {key: join([value[key] for value in values]) for key in first}
    if isinstance(first, np.ndarray):
        return np.concatenate(values)
    return [one for value in values for one in value]


def cut(value: Any, start: int, end: int) -> Any:
    """Some of the examples of a batch."""
    if isinstance(value, Mapping):
        return {key: cut(one, start, end) for key, one in value.items()}
    return value[start:end]


def slices(value: Any, size: int) -> Iterator[Any]:
    """A batch in pieces of at most `size` examples; an empty batch is one piece."""
    n = n_examples(value)
    if n <= size:
        yield value
        return
    for start in range(0, n, size):
        yield cut(value, start, min(n, start + size))
