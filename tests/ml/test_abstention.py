"""When a classifier should not answer."""

import json

import numpy as np
import pytest

from mlops.ml.abstention import Guard, abstain_threshold, window_features
from mlops.ml.contract import BadValue

LABELS = ("squat", "row", "other")


def answers(rows: list[tuple[float, int]]) -> np.ndarray:
    """Probabilities with the given confidence for the given class."""
    proba = np.zeros((len(rows), 3), np.float32)
    for proba_row, (confidence, named) in zip(proba, rows, strict=True):
        proba_row[:] = (1 - confidence) / 2
        proba_row[named] = confidence
    return proba


def test_a_threshold_leaves_out_what_is_mostly_wrong():
    rows = [(0.9, 0)] * 50 + [(0.5, 0)] * 10
    y = np.array([0] * 50 + [2] * 8 + [0] * 2)
    threshold = abstain_threshold(answers(rows), y, LABELS)
    assert 0.5 < threshold < 0.9


def test_no_threshold_where_leaving_out_would_cost_more():
    assert abstain_threshold(answers([(0.9, 0)] * 20 + [(0.95, 1)]), np.array([0] * 20 + [2]), LABELS) == 0.0
    assert abstain_threshold(answers([(0.5, 0)] * 5), np.zeros(5, np.int64), LABELS) == 0.0
    assert abstain_threshold(answers([(0.5, 2)] * 5), np.zeros(5, np.int64), LABELS) == 0.0, "other names nothing"


def signal(rng: np.random.Generator, n: int, size: float) -> np.ndarray:
    t = np.arange(150) / 50
    phase = rng.uniform(0, 6, (n, 1, 1))
    swing = size * rng.uniform(0.7, 1.4, (n, 1, 1)) * np.sin(2 * t[None, :, None] + phase)
    return (swing + rng.normal(0, 0.02, (n, 150, 3))).astype(np.float32)


@pytest.fixture(scope="module")
def guard() -> Guard:
    rng = np.random.default_rng(0)
    x = np.concatenate([signal(rng, 200, 1.0), signal(rng, 200, 0.3)])
    y = np.repeat([0, 1], 200)
    held_out = np.concatenate([signal(rng, 60, 1.0), signal(rng, 60, 0.3)])
    return Guard.fit(x, y, held_out, np.repeat([0, 1], 60), 3)


def test_the_guard_knows_what_it_saw_and_nothing_else(guard):
    rng = np.random.default_rng(1)
    ones = np.zeros(40, np.int64)
    assert guard.knows(signal(rng, 40, 1.0), ones).mean() > 0.95
    assert not guard.knows(np.full((40, 150, 3), 0.7, np.float32), ones).any(), "a still signal"
    assert not guard.knows(signal(rng, 40, 60.0), ones).any(), "a far stronger one"
    assert not guard.knows(rng.normal(0, 5, (40, 150, 3)), ones).any(), "noise"
    assert not guard.knows(signal(rng, 40, 1.0), ones + 2).any(), "a class that nothing was learned of"


def test_a_guard_survives_its_file(guard):
    again = Guard.from_json(json.loads(json.dumps(guard.to_json(), allow_nan=False)))
    x = signal(np.random.default_rng(2), 30, 1.0)
    named = np.zeros(30, np.int64)
    assert (again.knows(x, named) == guard.knows(x, named)).all()
    with pytest.raises(BadValue):
        Guard.from_json({"centres": [[1.0]], "whitening": [[1.0, 2.0]], "limits": [[1.0]]})


def test_many_channels_stay_small():
    assert window_features(np.ones((2, 30, 64), np.float32)).shape == (2, 2)
