"""Which of many unlabelled examples are worth a person's look (active learning)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import IntArray
from mlops.ml.spread import least_spread


def least_confident(proba: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """(n,) one minus the probability of the best label (Lewis & Gale 1994)."""
    found: npt.NDArray[np.float64] = 1.0 - np.asarray(proba, np.float64).max(axis=1)
    return found


def margin(proba: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """(n,) one minus the gap between the two best labels (Scheffer, Decomain & Wrobel 2001)."""
    best = np.sort(np.asarray(proba, np.float64), axis=1)
    found: npt.NDArray[np.float64] = 1.0 - (best[:, -1] - best[:, -2])
    return found


def entropy(proba: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """(n,) entropy of all labels, from 0 to 1 (Shannon 1948)."""
    p = np.clip(np.asarray(proba, np.float64), 1e-12, 1.0)
    found: npt.NDArray[np.float64] = -(p * np.log(p)).sum(axis=1) / np.log(p.shape[1])
    return found


SPREAD_AMONG = 5
"""Times as many uncertain examples as are wanted, to choose unlike ones from."""


def pick_spread(candidates: IntArray, points: npt.NDArray[Any], n: int) -> IntArray:
    """Up to `n` of the candidates (places in `points`, the most uncertain first) that are unlike each other.

    Of many near copies of one doubtful moment, the queue then shows one. Where points do not tell enough examples
    apart, the most uncertain of the rest follow.
    """
    picked = candidates[pick_diverse(np.asarray(points)[candidates], n)]
    rest = candidates[~np.isin(candidates, picked)][: max(0, n - len(picked))]
    return np.concatenate([picked, rest]).astype(np.int64)


def pick_uncertain(uncertainty: npt.NDArray[Any], sources: Sequence[Hashable], n: int, most_each: int = 3) -> IntArray:
    """Positions of the n largest uncertainties above 0, at most `most_each` of one source."""
    taken: Counter[Hashable] = Counter()
    picked: list[int] = []
    for place in np.argsort(-np.asarray(uncertainty), kind="stable").tolist():
        if len(picked) == n or uncertainty[place] <= 0:
            break
        if taken[sources[place]] < most_each:
            taken[sources[place]] += 1
            picked.append(place)
    return np.asarray(picked, np.int64)


def pick_diverse(points: npt.NDArray[Any], n: int, taken: Sequence[int] = ()) -> IntArray:
    """Farthest-first: each pick is the point farthest from all picked before and from those `taken` already.

    points is (m, features), standardised here; an unknown value (NaN) counts as the mean. Without features nothing
    is picked. Gonzalez 1985; O(n · m).
    """
    x = np.ma.masked_invalid(np.asarray(points, np.float64))
    if not x.size:
        return np.zeros(0, np.int64)
    mean = x.mean(axis=0)
    x = ((x - mean) / (least_spread(x.std(axis=0), mean) + 1e-9)).filled(0.0)
    x = np.clip(x, -5, 5)  # one broken sensor must not be all that is picked
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
