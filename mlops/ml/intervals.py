"""Shares with their uncertainty, when what was counted comes in people and not in independent draws."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import NotEnoughData

MIN_PEOPLE = 5
"""With fewer people the spread between them cannot be told: windows are then counted as if they were independent."""
N_RESAMPLES = 2000
Interval = tuple[float, float, float]
"""(share or difference, low, high): a 95 % interval."""


def wilson(hits: float, n: float, z: float = 1.959964) -> Interval:
    """Share of independent draws with Wilson's score interval (1927); (0, 0, 1) without any draw."""
    if n <= 0:
        return 0.0, 0.0, 1.0
    share = hits / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return share, max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half))


def group_draws(groups: npt.NDArray[Any], n: int, seed: int = 0) -> Iterator[npt.NDArray[np.intp]]:
    """Places of examples in each of `n` draws of whole groups with replacement; the same for the same groups."""
    rng = np.random.default_rng(seed)
    names, member = np.unique(groups, return_inverse=True)
    places = [np.flatnonzero(member == i) for i in range(len(names))]
    for _ in range(n):
        yield np.concatenate([places[i] for i in rng.integers(0, len(names), len(names))])


def groups_interval(
    figure: Callable[[npt.NDArray[np.intp]], float], groups: npt.NDArray[Any], *, n: int = 200, seed: int = 0
) -> tuple[float, float]:
    """95 % interval of any figure of examples (told by their places): whole groups are drawn with replacement.

    Raises NotEnoughData when `figure` raises it for more than half of the draws.
    """
    values = []
    for drawn in group_draws(groups, n, seed):
        try:
            values.append(figure(drawn))
        except NotEnoughData:
            continue
    if 2 * len(values) < n:
        raise NotEnoughData("too few groups for an interval")
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def people_share(hits: Sequence[float], counts: Sequence[float], seed: int = 0) -> Interval:
    """Share over all draws; people (one entry each) are resampled. Never narrower than if draws were independent."""
    k, n = np.asarray(hits, np.float64), np.asarray(counts, np.float64)
    share, low, high = wilson(k.sum(), n.sum())
    if len(k) < MIN_PEOPLE:
        return share, low, high
    shares = _resampled(k, n, np.random.default_rng(seed))
    by_people = np.percentile(shares, [2.5, 97.5])
    return share, float(min(low, by_people[0])), float(max(high, by_people[1]))


def people_difference(
    hits_a: Sequence[float],
    counts_a: Sequence[float],
    hits_b: Sequence[float],
    counts_b: Sequence[float],
    seed: int = 0,
) -> Interval:
    """Share of a minus share of b, two groups of different people, each resampled by itself.

    Never narrower than for independent draws (Newcombe 1998, from the two Wilson intervals).
    """
    rng = np.random.default_rng(seed)
    a = _resampled(np.asarray(hits_a, np.float64), np.asarray(counts_a, np.float64), rng)
    b = _resampled(np.asarray(hits_b, np.float64), np.asarray(counts_b, np.float64), rng)
    low, high = np.percentile(a - b, [2.5, 97.5])
    share_a, low_a, high_a = wilson(sum(hits_a), sum(counts_a))
    share_b, low_b, high_b = wilson(sum(hits_b), sum(counts_b))
    gain = share_a - share_b
    low = min(float(low), gain - math.hypot(share_a - low_a, high_b - share_b))
    return gain, low, max(float(high), gain + math.hypot(high_a - share_a, share_b - low_b))


def _resampled(
    k: npt.NDArray[np.float64], n: npt.NDArray[np.float64], rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    pick = rng.integers(0, len(k), (N_RESAMPLES, len(k)))
    return np.asarray(k[pick].sum(axis=1) / np.maximum(n[pick].sum(axis=1), 1e-12))
