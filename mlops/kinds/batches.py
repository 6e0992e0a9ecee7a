"""Examples and outputs whatever they are: several lots as one, and how far two lots of outputs lie apart."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


def joined(parts: Sequence[Any]) -> Any:
    """One lot of several; arrays stay an array, anything else becomes a list."""
    if len(parts) == 1:
        return parts[0]
    if all(isinstance(part, np.ndarray) for part in parts):
        return np.concatenate(parts)
    return [one for part in parts for one in part]


def picked(values: Any, places: Any) -> Any:
    """Some of a lot, by their numbers: an array of an array, else a list."""
    return values[places] if isinstance(values, np.ndarray) else [values[place] for place in places]


def batch_key(values: Any) -> tuple[Any, ...]:
    """Lots with equal keys may be joined: arrays of one shape and type, or anything that is no array."""
    return (values.shape[1:], values.dtype.str) if isinstance(values, np.ndarray) else ()


def outputs_of(answers: Mapping[str, Any]) -> Any:
    """What an estimator answers, one entry each: a single output is its array, a value with its interval is (n, 3),
    several outputs are a list of {output: value}."""
    if len(answers) == 1:
        return next(iter(answers.values()))
    if answers.keys() == {"value", "low", "high"}:
        return np.stack([np.asarray(answers[name]).reshape(-1) for name in ("value", "low", "high")], axis=1)
    plain = {name: np.asarray(values).tolist() for name, values in answers.items()}
    return [dict(zip(plain, row, strict=True)) for row in zip(*plain.values(), strict=True)]


def largest_gap(a: Any, b: Any) -> float:
    """The largest difference of two numbers at the same place of two outputs: arrays, or lists, tuples and mappings
    of numbers and texts. Infinity where shapes or texts differ."""
    if isinstance(a, Mapping) and isinstance(b, Mapping) and a.keys() == b.keys():
        return max((largest_gap(a[name], b[name]) for name in a), default=0.0)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple) and len(a) == len(b):
        return max(map(largest_gap, a, b), default=0.0)
    x, y = np.asarray(a), np.asarray(b)
    if x.shape != y.shape or not all(np.issubdtype(one.dtype, np.number) for one in (x, y)):
        return 0.0 if x.shape == y.shape and bool((x == y).all()) else math.inf
    return float(np.abs(x.astype(np.float64) - y)[~(np.isnan(x) & np.isnan(y))].max(initial=0.0))
