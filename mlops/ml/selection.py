"""Which of many unlabelled windows are worth a person's look (active learning)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import IntArray


def margins(proba: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """(n,) gap between the two best probabilities: small where the model is torn."""
    if proba.shape[1] < 2:
        return np.ones(len(proba))
    best = np.sort(np.asarray(proba, np.float64), axis=1)
    return best[:, -1] - best[:, -2]


def entropies(proba: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """(n,) entropy in nats: 0 where the model is sure of one label."""
    p = np.clip(np.asarray(proba, np.float64), 1e-12, 1)
    return np.asarray(-(p * np.log(p)).sum(axis=1))


def pick_uncertain(proba: npt.NDArray[Any], sources: Sequence[Hashable], n: int, most_each: int = 3) -> IntArray:
    """Positions of the n smallest margins (ties by entropy), at most `most_each` of one source."""
    order = np.lexsort((-entropies(proba), margins(proba)))
    taken: Counter[Hashable] = Counter()
    picked: list[int] = []
    for place in order.tolist():
        if len(picked) == n:
            break
        if taken[sources[place]] < most_each:
            taken[sources[place]] += 1
            picked.append(place)
    return np.asarray(picked, np.int64)


def pick_diverse(points: npt.NDArray[Any], n: int, taken: Sequence[int] = ()) -> IntArray:
    """Farthest-first: each pick is the point farthest from all picked before and from those `taken` already.

    points is (m, features), standardised here. Gonzalez 1985; O(n · m).
    """
    x = np.asarray(points, np.float64)
    x = (x - x.mean(axis=0)) / (x.std(axis=0) + 1e-9)
    x = np.clip(x, -5, 5)  # one broken sensor must not be all that is picked
    if not len(x):
        return np.zeros(0, np.int64)
    distance = np.full(len(x), np.inf)
    for place in taken:
        distance = np.minimum(distance, ((x - x[place]) ** 2).sum(axis=1))
    picked: list[int] = []
    if not len(taken):
        distance = ((x - x.mean(axis=0)) ** 2).sum(axis=1)
    while len(picked) < min(n, len(x)):
        place = int(distance.argmax())
        if distance[place] <= 0:
            break
        new = ((x - x[place]) ** 2).sum(axis=1)
        distance = np.minimum(distance, new) if picked or len(taken) else new
        picked.append(place)
    return np.asarray(picked, np.int64)
