"""How many labels does a model need, by the way in which examples are chosen for labelling?

Labelling is played through on examples whose labels are known: a few at random, then in rounds those that a strategy
chooses by what the model of the last round says of the rest. After each round the model is judged on groups that are
never labelled. Each seed draws other examples to choose from and to begin with; the interval is over seeds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import IntArray, NotEnoughData, OnStep, ignore
from mlops.ml.metrics import classification_report
from mlops.ml.selection import SPREAD_AMONG, entropy, least_confident, margin, pick_spread

Choice = Callable[[npt.NDArray[Any], npt.NDArray[Any], int, np.random.Generator], IntArray]
"""(probabilities of the unlabelled, their points, how many, random) → places among the unlabelled."""


def _largest(of: Callable[[npt.NDArray[Any]], npt.NDArray[Any]]) -> Choice:
    return lambda proba, _points, n, _rng: np.argsort(-of(proba), kind="stable")[:n]


RANDOM = "random"
STRATEGIES: Mapping[str, Choice] = {
    RANDOM: lambda proba, _points, n, rng: rng.permutation(len(proba))[:n],
    "least_confident": _largest(least_confident),
    "margin": _largest(margin),
    "entropy": _largest(entropy),
    "spread_margin": lambda proba, points, n, _rng: pick_spread(
        np.argsort(-margin(proba), kind="stable")[: SPREAD_AMONG * n], points, n
    ),
}
"""Ways to choose, plain chance first."""


@dataclass(frozen=True)
class Pool:
    """Points (n, features) with their labels: to choose from, and of other groups to be judged on."""

    x: npt.NDArray[Any]
    y: IntArray
    test_x: npt.NDArray[Any]
    test_y: IntArray
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Curve:
    """n_labels (rounds,); f1 (seeds, rounds) macro F1 on the judges."""

    strategy: str
    n_labels: IntArray
    f1: npt.NDArray[np.float64]


def curves(
    draw: Callable[[int], Pool], *, seeds: Sequence[int], first: int, each: int, rounds: int, n_trees: int = 30,
    strategies: Sequence[str] = tuple(STRATEGIES), on_step: OnStep = ignore,
) -> list[Curve]:  # fmt: skip
    """One curve a strategy. `draw(seed)` gives a pool; every strategy begins with the same examples of it."""
    total, done = len(seeds) * len(strategies), 0
    found: dict[str, list[list[float]]] = {name: [] for name in strategies}
    for seed in seeds:
        pool = draw(seed)
        if len(pool.y) < first + each * rounds:
            raise NotEnoughData(f"{len(pool.y)} examples are too few for {first + each * rounds} labels")
        for name in strategies:
            found[name].append(_play(pool, STRATEGIES[name], seed, first, each, rounds, n_trees))
            done += 1
            on_step(done, total)
    n_labels = first + each * np.arange(rounds + 1)
    return [Curve(name, n_labels, np.asarray(rows)) for name, rows in found.items()]


def _play(pool: Pool, choose: Choice, seed: int, first: int, each: int, rounds: int, n_trees: int) -> list[float]:
    rng = np.random.default_rng(seed)
    labelled = rng.permutation(len(pool.y))[:first]
    scores = []
    for number in range(rounds + 1):
        proba_of = _fitted(pool, labelled, seed, n_trees)
        scores.append(float(classification_report(pool.test_y, proba_of(pool.test_x), pool.labels)["f1_macro"]))
        if number == rounds:
            break
        rest = np.setdiff1d(np.arange(len(pool.y)), labelled)
        chosen = rest[choose(proba_of(pool.x[rest]), pool.x[rest], each, rng)]
        labelled = np.concatenate([labelled, chosen])
    return scores


def _fitted(pool: Pool, labelled: IntArray, seed: int, n_trees: int) -> Callable[[npt.NDArray[Any]], npt.NDArray[Any]]:
    """A forest on what is labelled, as (n, all labels) probabilities."""
    from sklearn.ensemble import RandomForestClassifier

    forest = RandomForestClassifier(n_trees, min_samples_leaf=1, random_state=seed, n_jobs=1)
    forest.fit(pool.x[labelled], pool.y[labelled])

    def proba_of(x: npt.NDArray[Any]) -> npt.NDArray[Any]:
        answers = np.zeros((len(x), len(pool.labels)))
        answers[:, forest.classes_] = forest.predict_proba(x)
        return answers

    return proba_of


def labels_needed(curve: Curve, goal: float) -> npt.NDArray[np.float64]:
    """(seeds,) labels at which each seed's curve first reaches a macro F1, straight between rounds; NaN: never."""
    needed = np.full(len(curve.f1), np.nan)
    for seed, row in enumerate(curve.f1):
        above = np.flatnonzero(row >= goal)
        if not len(above):
            continue
        at = int(above[0])
        if at == 0:
            needed[seed] = curve.n_labels[0]
            continue
        part = (goal - row[at - 1]) / (row[at] - row[at - 1])
        needed[seed] = curve.n_labels[at - 1] + part * (curve.n_labels[at] - curve.n_labels[at - 1])
    return needed


def over_seeds(values: npt.NDArray[Any], draws: int = 2000) -> tuple[float, float, float]:
    """(mean, low, high) of one figure a seed; 95 %, seeds drawn with replacement. NaN counts as missing."""
    known = np.asarray(values, np.float64)
    known = known[np.isfinite(known)]
    if not len(known):
        return float("nan"), float("nan"), float("nan")
    rng = np.random.default_rng(0)
    means = known[rng.integers(0, len(known), (draws, len(known)))].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(known.mean()), float(low), float(high)


def summary(found: Sequence[Curve]) -> list[dict[str, Any]]:
    """A row a strategy, JSON-ready: its mean curve, and its labels as a share of those that random choice needs.

    The goal is what random choice reaches with all its labels, on average; a strategy that one seed does not bring
    there counts with all its labels, so that the share is never too good.
    """
    by_name = {curve.strategy: curve for curve in found}
    plain = by_name[RANDOM]
    goal = float(plain.f1[:, -1].mean())
    most = float(plain.n_labels[-1])
    rows = []
    for curve in found:
        needed = labels_needed(curve, goal)
        reached = int(np.isfinite(needed).sum())
        base = np.nan_to_num(labels_needed(plain, goal), nan=most)
        share = np.nan_to_num(needed, nan=most) / base
        points = [over_seeds(curve.f1[:, at]) for at in range(len(curve.n_labels))]
        rows.append({
            "strategy": curve.strategy, "n_labels": curve.n_labels.tolist(), "goal": goal, "n_seeds": len(curve.f1),
            "mean": [p[0] for p in points], "low": [p[1] for p in points], "high": [p[2] for p in points],
            "needed": over_seeds(np.nan_to_num(needed, nan=most)), "share": over_seeds(share), "reached": reached,
            "area": over_seeds(curve.f1.mean(axis=1)),
        })  # fmt: skip
    return rows
