"""The shared estimator suite over every registered estimator of every domain, and over toys of every data type."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mlops.ml.bases.rows import Rows
from mlops.ml.bases.sequences import Sequences
from mlops.ml.checks import CHECKS, Case
from mlops.ml.contract import Windows
from mlops.ml.registry import data_type_of, domains, estimator_class, estimators
from mlops.ml.survival.rows import SurvivalRows
from tests.ml.toys import TOYS

LENGTH, CHANNELS = 32, 3
SHORT = {"epochs": 3, "batch_size": 16, "learning_rate": 0.01}
TREES = {"n_estimators": 8}
SMALL: dict[str, dict[str, Any]] = {
    "random_kernels": {"n_dilations": 2, "n_biases": 2},
    "bilstm": {**SHORT, "hidden_size": 8, "num_layers": 1},
    "rnn": {**SHORT, "hidden_size": 8},
    "cnn": {**SHORT, "width": 4},
    "tcn": {**SHORT, "width": 4, "n_blocks": 2, "kernel_size": 3},
    "patchtst": {**SHORT, "patch_length": 8, "patch_stride": 4, "d_model": 16, "num_layers": 1, "num_heads": 2},
    "random_forest": TREES,
    "lightgbm": {"n_rounds": 8, "num_leaves": 4},
    "phase_tcn": {**SHORT, "width": 4, "n_blocks": 2},
    "phase_bilstm": {**SHORT, "hidden_size": 6},
    "embedding_head": {**SHORT, "hidden": 4},
    "gnn_lstm": {"epochs": 3, "batch_size": 8, "learning_rate": 0.01},
    "cox_ph": {"horizon": 50.0},
    "risk_forest": {**TREES, "max_depth": 4, "horizon": 50.0},
    "risk_boosting": {**TREES, "max_depth": 3, "horizon": 50.0},
}


def windows(seed: int) -> Windows:
    """Sines of two speeds and rest, of six people."""
    rng = np.random.default_rng(seed)
    y = np.arange(48) % 3
    t = np.arange(LENGTH)[None, :, None] / 10
    speed = np.array([0.6, 2.0, 0.0])[y][:, None, None]
    x = np.sin(2 * np.pi * speed * t + rng.uniform(0, 6, (48, 1, CHANNELS)) * (speed > 0))
    groups = np.array([f"s{i // 8}" for i in range(48)])
    return Windows((x + rng.normal(0, 0.1, x.shape)).astype(np.float32), y, groups, ("slow", "fast", "still"))


def phases(seed: int) -> Windows:
    """Windows that go up and down, every sample labelled but for a few."""
    rng = np.random.default_rng(seed)
    slope = np.sign(np.sin(np.arange(LENGTH) / 4 + rng.uniform(0, 6, (24, 1))))
    x = np.repeat(slope[..., None], CHANNELS, axis=2) + rng.normal(0, 0.2, (24, LENGTH, CHANNELS))
    y = (slope > 0).astype(np.int64)
    y[:, :3] = -1
    return Windows(x.astype(np.float32), y, np.array([f"s{i % 4}" for i in range(24)]), ("down", "up"))


def embeddings(seed: int) -> Rows:
    """Vectors of two movements, some numbers unknown, of six clips."""
    rng = np.random.default_rng(seed)
    y = np.arange(48) % 2
    x = rng.normal(0, 0.3, (48, 6)) + y[:, None] * [1, -1, 0, 0, 1, 0]
    x[rng.random(x.shape) < 0.05] = np.nan
    return Rows(x.astype(np.float32), y, np.array([f"c{i // 8}" for i in range(48)]), tuple("abcdef"), ("row", "squat"))


def repetitions(seed: int) -> Sequences:
    """Generated repetitions of four people, five each."""
    from mlops.ml.biomechanics.generator.dataset import generate
    from mlops.ml.biomechanics.learning import repetitions_made

    made = repetitions_made(generate(20, seed=seed))
    return replace(made, items=[np.round(made.load(i)[:30], 3) for i in range(len(made))])


def survival(seed: int) -> SurvivalRows:
    """Exponential times whose rate depends on the first feature; some cells unknown."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(300, 4))
    time = rng.exponential(60 / np.exp(1.2 * x[:, 0]))
    event = time < 100
    x[rng.random(x.shape) < 0.1] = np.nan
    groups = np.array([f"p{i // 2}" for i in range(300)])
    return SurvivalRows(x, np.minimum(time, 100).clip(0.01), event, groups, ("a", "b", "c", "d"))


DATA: dict[str, Callable[[int], Any]] = {
    "sensors": windows, "phases": phases, "embeddings": embeddings, "biomechanics": repetitions,
    "survival": survival,
}  # fmt: skip


def _cases() -> dict[str, tuple[Any, Callable[[int], Any], dict[str, Any]]]:
    from mlops.ml.registry import estimator_names

    ours = {
        name: (estimator_class(name), DATA[domain], SMALL[name])
        for domain in DATA
        for name in estimator_names(domain)
        if name in SMALL
    }
    return {**ours, **TOYS}


CASES = _cases()


@pytest.fixture(scope="module", params=CASES)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    cls, make_data, config = CASES[request.param]
    return Case(cls, make_data, config, tmp_path_factory.mktemp("checks"))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_every_estimator_keeps_its_promises(case: Case, check: Callable[[Case], None]) -> None:
    check(case)


def test_every_estimator_of_every_domain_is_here() -> None:
    of_the_library = {name for name, path in estimators().items() if path.startswith("mlops.ml.")}
    assert of_the_library == set(SMALL)
    for name in SMALL:
        assert data_type_of(name) == estimator_class(name).data_type
    assert set(DATA) <= set(domains())
    assert {cls.data_type for cls, _, _ in CASES.values()} >= {
        "windows", "rows", "images", "sequences", "audio", "texts"
    }  # fmt: skip
