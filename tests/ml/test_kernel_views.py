"""The two views of the kernels, models from before there were two, and what is said of models of simulated people."""

from pathlib import Path

import numpy as np
import torch

from mlops.ml.artifact import read_manifest
from mlops.ml.contract import Windows
from mlops.ml.registry import estimator_class
from mlops.ml.scoring import OnnxScorer
from mlops.ml.sensors.champions import champion_caution
from mlops.ml.sensors.random_kernels import KernelFeatures, RandomKernelsConfig
from sessions.management.commands.compare_estimators import MARKS, write_between

CHAMPION = Path(__file__).resolve().parents[2] / "mlops" / "champions" / "exercise" / "random_kernels"


def test_one_view_keeps_posture_and_the_other_does_not() -> None:
    features = KernelFeatures((40, 2), RandomKernelsConfig(n_dilations=2, n_biases=3))
    x = np.random.default_rng(0).normal(size=(64, 40, 2)).astype(np.float32)
    features.draw(x, np.random.default_rng(1))
    n = features.family_sizes[0]
    here, elsewhere, larger = (features(torch.from_numpy(part)) for part in (x, x + 0.7, 2 * x))
    assert float((here[:, :n] - elsewhere[:, :n]).abs().max()) > 0.05, "posture is a step at the edge"
    assert float((here[:, n : 2 * n] - elsewhere[:, n : 2 * n]).abs().max()) < 1e-3
    assert float((here[:, n : 2 * n] - larger[:, n : 2 * n]).abs().max()) < 1e-3, "nor does size matter there"


def test_a_model_with_one_view_still_loads_and_answers_as_it_did() -> None:
    model = estimator_class("random_kernels").load(CHAMPION)
    assert not model.network.features.two_views
    scorer = OnnxScorer.open(CHAMPION)
    x = np.random.default_rng(0).normal(size=(9, *scorer.window_shape)).cumsum(axis=1).astype(np.float32) / 8
    np.testing.assert_allclose(model.predict_proba(x), scorer.score(x), atol=1e-4)


def test_a_champion_of_simulated_people_says_so() -> None:
    said = champion_caution(read_manifest(CHAMPION))
    assert "simulated people only" in said
    assert "20 %" in said
    assert "94 %" in said
    assert "real people" in champion_caution({"generated": True, "demo": True, "task": {"name": "exercise-imu6"}})
    assert champion_caution({"generated": False, "task": {"name": "exercise"}}) == ""


def test_figures_stand_between_their_marks_and_leave_the_page_alone(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"# Estimators\n\nWords.\n{MARKS[0]}\nold\n{MARKS[1]}\nMore words.\n", "utf-8")
    write_between(page, "new\n")
    assert page.read_text("utf-8") == f"# Estimators\n\nWords.\n{MARKS[0]}\nnew\n{MARKS[1]}\nMore words.\n"
    write_between(tmp_path / "other.md", "new\n")
    assert (tmp_path / "other.md").read_text("utf-8") == "new\n"


def test_the_page_of_estimators_has_the_marks() -> None:
    text = (CHAMPION.parents[3] / "docs" / "estimators.md").read_text("utf-8")
    assert text.count(MARKS[0]) == text.count(MARKS[1]) == 1


def test_what_is_nothing_never_changes_which_of_the_others_it_is(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    t = np.arange(60) / 20

    def windows(n: int, hz: float) -> np.ndarray:
        phase = rng.uniform(0, 6, (n, 1, 1))
        return (np.sin(2 * np.pi * hz * t[None, :, None] + phase) + rng.normal(0, 0.8, (n, 60, 2))).astype(np.float32)

    x = np.concatenate([windows(60, 0.7), windows(60, 1.0), windows(60, 1.4), windows(120, 3.0)])
    y = np.repeat([0, 1, 2, 3], [60, 60, 60, 120])
    groups = np.array([f"p{n % 4}" for n in range(len(y))])
    found = estimator_class("random_kernels")
    config = found.Config(n_dilations=2, n_biases=2)
    alone = found(config, labels=("a", "b", "c"))
    alone.fit(Windows(x[:180], y[:180], groups[:180], ("a", "b", "c")), seed=0)
    labels = ("a", "b", "c", "other")
    both = found(config, labels=labels)
    both.fit(Windows(x, y, groups, labels), seed=0)
    unseen = np.concatenate([windows(40, hz) for hz in (0.6, 0.9, 1.2, 1.6)])
    answers = both.predict_proba(unseen)
    given_named = answers[:, :3] / answers[:, :3].sum(axis=1, keepdims=True)
    np.testing.assert_allclose(given_named, alone.predict_proba(unseen), atol=1e-4)
    assert (both.predict_proba(windows(40, 3.0)).argmax(axis=1) == 3).mean() > 0.9
    (tmp_path / "model").mkdir()
    both.save(tmp_path / "model")
    np.testing.assert_allclose(found.load(tmp_path / "model").predict_proba(unseen), answers, atol=1e-6)
