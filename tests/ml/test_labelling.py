"""Choosing what to label: what each strategy picks, and that a simulation counts labels honestly."""

import numpy as np
import pytest

from mlops.ml.contract import NotEnoughData
from mlops.ml.labelling import STRATEGIES, Curve, Pool, curves, labels_needed, over_seeds, summary
from mlops.ml.selection import entropy, least_confident, margin, pick_spread

PROBA = np.array([[0.98, 0.01, 0.01], [0.5, 0.49, 0.01], [0.4, 0.3, 0.3], [0.6, 0.2, 0.2]])


def test_each_measure_has_its_own_most_uncertain():
    assert margin(PROBA).argmax() == 1
    assert least_confident(PROBA).argmax() == 2
    assert entropy(PROBA).argmax() == 2
    assert all(0 <= of(PROBA).min() and of(PROBA).max() <= 1 for of in (margin, least_confident, entropy))


def test_of_near_copies_one_is_shown():
    """Ten copies of the most doubtful moment and three other doubtful ones: all four kinds are picked."""
    points = np.repeat([[0.0, 0.0], [5.0, 0.0], [0.0, 5.0], [5.0, 5.0]], [10, 1, 1, 1], axis=0)
    uncertainty = np.r_[np.full(10, 0.9), 0.8, 0.8, 0.8]
    picked = pick_spread(np.argsort(-uncertainty, kind="stable"), points, 4)
    assert {tuple(points[at]) for at in picked} == {(0.0, 0.0), (5.0, 0.0), (0.0, 5.0), (5.0, 5.0)}
    assert len(set(picked.tolist())) == 4


def test_spread_still_gives_as_many_as_asked_where_points_are_alike():
    picked = pick_spread(np.arange(10)[::-1], np.zeros((10, 2)), 4)
    assert sorted(picked.tolist()) == [6, 7, 8, 9]


def pool(seed: int) -> Pool:
    """Two wide labels and a rare one (2 %) beside them."""
    rng = np.random.default_rng(seed)
    centres = np.array([[0.0, 0.0], [4.0, 0.0], [2.0, 3.0]])

    def some(n: int, rare: int):
        y = np.r_[np.arange(n - rare) % 2, np.full(rare, 2)]
        return centres[y] + rng.normal(0, 1, (n, 2)), y

    (x, y), (test_x, test_y) = some(600, 12), some(600, 200)
    return Pool(x, y, test_x, test_y, ("left", "right", "rare"))


def test_doubt_finds_a_rare_label_sooner_than_chance():
    played = curves(pool, seeds=range(4), first=15, each=20, rounds=5, n_trees=15, strategies=["random", "margin"])
    found = {row["strategy"]: row for row in summary(played)}
    assert found["random"]["share"][0] == pytest.approx(1.0)
    assert found["margin"]["share"][0] < 0.8
    assert found["margin"]["low"][-1] <= found["margin"]["mean"][-1] <= found["margin"]["high"][-1]
    assert set(found) < set(STRATEGIES)


def test_the_same_seeds_give_the_same_curves():
    one, two = (curves(pool, seeds=[3], first=10, each=10, rounds=2, strategies=["random", "margin"]) for _ in range(2))
    assert all(np.array_equal(a.f1, b.f1) for a, b in zip(one, two, strict=True))


def test_labels_are_counted_between_rounds_and_never_flattered():
    curve = Curve("x", np.array([10, 20, 30]), np.array([[0.2, 0.4, 0.8], [0.1, 0.2, 0.3], [0.9, 0.9, 0.9]]))
    needed = labels_needed(curve, 0.6)
    assert needed[0] == pytest.approx(25.0)
    assert np.isnan(needed[1])
    assert needed[2] == 10
    plain = Curve("random", np.array([10, 20, 30]), np.array([[0.2, 0.4, 0.6]] * 3))
    rows = {row["strategy"]: row for row in summary([plain, curve])}
    assert rows["x"]["reached"] == 2
    assert rows["x"]["needed"][0] == pytest.approx((25 + 30 + 10) / 3)
    mean, low, high = over_seeds(np.array([1.0, 2.0, 3.0]))
    assert low <= mean <= high


def test_a_pool_that_is_too_small_is_refused():
    with pytest.raises(NotEnoughData):
        curves(pool, seeds=[0], first=500, each=100, rounds=5)
