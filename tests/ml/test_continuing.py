"""Going on from a fitted model: exact where the mathematics says so, and never at the cost of what was known."""

import numpy as np
import pytest
import torch

from mlops.ml.added_trees import added_trees, renewed
from mlops.ml.contract import CannotContinue, Continuation, Windows
from mlops.ml.metrics import classification_report
from mlops.ml.registry import estimator_class
from mlops.ml.ridge import fit_ridge
from mlops.ml.ridge_update import RidgeMemory, updated_head
from mlops.ml.sensors.lightgbm import GOING_ON

LENGTH = 40


def windows(seed: int, n: int, labels: int = 3) -> Windows:
    """Sines of several speeds of people with a posture and tempo of their own."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % labels
    who = np.arange(n) // 12
    posture, tempo = rng.normal(0, 0.4, (who.max() + 1, 1, 2)), rng.uniform(0.85, 1.15, who.max() + 1)
    t = np.arange(LENGTH)[None, :, None] / 10
    speed = (np.array([0.4, 0.9, 1.6])[y] * tempo[who])[:, None, None]
    x = np.sin(2 * np.pi * speed * t + rng.uniform(0, 6, (n, 1, 2))) + posture[who] + rng.normal(0, 0.4, (n, LENGTH, 2))
    return Windows(x.astype(np.float32), y, np.array([f"p{seed}-{i}" for i in who]), ("slow", "walk", "run"))


def test_a_ridge_that_goes_on_with_everything_old_is_the_full_solution():
    """The update is exact: same scales, same strength, all old rows replayed."""
    rng = np.random.default_rng(0)
    features = torch.from_numpy(rng.normal(2, 1, (300, 12))).float()
    y = (features.numpy() @ rng.normal(0, 1, (12, 3)) + rng.normal(0, 1, (300, 3))).argmax(1)
    centre, scale = features.mean(0), 1 / features.std(0)

    def head(n: int, strength: float, temperature: float):
        comparable = ((features[:n] - centre) * scale).double()
        targets = torch.full((n, 3), -1.0, dtype=torch.float64)
        targets[torch.arange(n), torch.from_numpy(y[:n])] = 1.0
        mean = comparable.mean(0)
        inner = comparable - mean
        solved = torch.linalg.solve(inner.T @ inner + strength * torch.eye(12), inner.T @ (targets - targets.mean(0)))
        bias = targets.mean(0) - mean @ solved
        weight = solved * scale.double()[:, None]
        return (weight.T / temperature).float(), ((bias - centre.double() @ weight) / temperature).float()

    memory = RidgeMemory(centre, scale, 3.0, 0.5)
    weight, bias = updated_head(*head(200, 3.0, 0.5), memory, features[200:], y[200:], features[:200], 1.0)
    wanted_weight, wanted_bias = head(300, 3.0, 0.5)
    assert torch.allclose(weight, wanted_weight, atol=1e-4)
    assert torch.allclose(bias, wanted_bias, atol=1e-4)
    assert not torch.allclose(weight, head(200, 3.0, 0.5)[0], atol=1e-2), "the new rows changed nothing"
    solution = fit_ridge(features, y, 3, np.repeat(np.arange(6), 50), on_fold=lambda *_: None)
    assert solution.strength > 0


@pytest.mark.parametrize(("name", "config"), [
    ("random_kernels", {"n_dilations": 3, "n_biases": 2}),
    ("random_forest", {"n_estimators": 60}),
    ("lightgbm", {"n_rounds": 60}),
    ("tcn", {"epochs": 30, "width": 8, "n_blocks": 2, "learning_rate": 0.01}),
    ("rnn", {"epochs": 30, "hidden_size": 16, "learning_rate": 0.01}),
])  # fmt: skip
def test_it_learns_what_is_new_and_keeps_what_is_old(name, config):
    """New people stand otherwise and call their speeds otherwise: the old model fails on them, the continued one does
    not, and on the old people both are alike."""
    old, new = windows(1, 360), otherwise(windows(2, 180))
    both = Windows(
        np.concatenate([old.x, new.x]), np.concatenate([old.y, new.y]), np.concatenate([old.groups, new.groups]),
        old.labels,
    )  # fmt: skip
    test_old, test_new = windows(3, 180), otherwise(windows(4, 180))
    found = estimator_class(name)
    before, after = found(found.Config(**config)), found(found.Config(**config))
    before.fit(old, seed=1)
    after.fit(both, seed=1, after=Continuation(before, np.arange(len(both)) >= len(old)))

    def f1(estimator, data):
        return classification_report(data.y, estimator.predict_proba(data.x), data.labels)["f1_macro"]

    assert f1(before, test_new) < 0.4
    assert f1(after, test_new) > f1(before, test_new) + 0.1
    assert f1(after, test_old) > f1(before, test_old) - 0.1


def otherwise(data: Windows) -> Windows:
    return Windows(data.x + 4.0, (data.y + 1) % 3, data.groups, data.labels)


def test_trees_refuse_a_label_that_they_have_never_seen():
    old, both = windows(1, 120), windows(1, 240)
    two = old.take(old.y < 2)
    found = estimator_class("random_forest")
    before = found(found.Config(n_estimators=4))
    before.fit(two)
    with pytest.raises(CannotContinue, match="run"):
        found(found.Config(n_estimators=4)).fit(both, after=Continuation(before, np.arange(240) >= 120))


def test_a_forest_never_grows_by_going_on():
    assert len(renewed(list(range(10)), list(range(3)))) == 10
    assert added_trees(200, 0.01) == 20
    assert added_trees(200, 0.2) == 80
    assert added_trees(200, 0.9) == 100


def test_what_is_replayed_stands_for_all_that_is_old():
    after = Continuation(None, np.arange(5000) >= 4900)
    places, weights = after.taught(0)
    assert len(places) == 100 + 1000
    assert weights.sum() == pytest.approx(5000)
    assert (np.diff(places) > 0).all()


def test_leaves_of_added_trees_have_a_limit():
    """Where the old trees are sure of every example, little curvature is left to divide by."""
    old, new = windows(1, 360), otherwise(windows(2, 180))
    both = Windows(
        np.concatenate([old.x, new.x]), np.concatenate([old.y, new.y]), np.concatenate([old.groups, new.groups]),
        old.labels,
    )  # fmt: skip
    found = estimator_class("lightgbm")
    before, after = found(found.Config(n_rounds=200)), found(found.Config(n_rounds=200))
    before.fit(old, seed=1)
    after.fit(both, seed=1, after=Continuation(before, np.arange(len(both)) >= len(old)))
    added = after.model.trees_to_dataframe().query("left_child.isna() and tree_index >= 600")
    assert len(added)
    assert added.value.abs().max() <= GOING_ON["max_delta_step"] * after.config.learning_rate + 1e-6
