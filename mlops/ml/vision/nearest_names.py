"""Which of a few named examples new features are most like: no training, a handful of photos is enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

ALIKE = 0.65
"""Least cosine to the mean of a name's examples at which it is told; chosen by `benchmarks.own_foods`."""


@dataclass(frozen=True)
class Near:
    """A name and the cosine, up to 1, between new features and the mean of its examples."""

    name: str
    score: float


def nearest_names(
    features: npt.NDArray[Any], examples: npt.NDArray[Any], names: Sequence[str], *, most: int = 3, alike: float = ALIKE
) -> list[Near]:
    """The names that features (d,) are like, the nearest first; examples (n, d) with a name each.

    >>> nearest_names(np.array([1.0, 0.1]), np.array([[1.0, 0.0], [0.0, 1.0]]), ["rice", "beans"])[0].name
    'rice'
    """
    found = []
    for name in dict.fromkeys(names):
        own = np.array([one == name for one in names])
        found.append(Near(name, _cosine(features, _unit(examples[own]).mean(axis=0))))
    found.sort(key=lambda one: -one.score)
    return [one for one in found[:most] if one.score >= alike]


def _unit(rows: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    rows = rows.astype(np.float64)
    return rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-12)


def _cosine(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> float:
    return float(_unit(one) @ _unit(other))
