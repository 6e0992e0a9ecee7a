"""A spread that is only the rounding of digits is no spread, whoever divides by it.

Channels that never move, that nearly never move, that move in a few steps, that lie at a million and more: training
ends, the exported model answers as the native one does, nothing is NaN, and no weight is out of all proportion.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlops.ml.contract import Windows
from mlops.ml.drift import compare
from mlops.ml.feature_scaler import FeatureScaler
from mlops.ml.registry import estimator_class, estimator_names
from mlops.ml.scoring import OnnxAnswers
from mlops.ml.selection import pick_diverse
from mlops.ml.sensors.statistics import Standardiser, window_statistics
from mlops.ml.windows import Scaler, WindowSpec, normalise
from tests.ml.test_every_estimator import SMALL, survival

LENGTH, N = 32, 48
CHANNELS = {
    "moving": lambda rng, y: np.sin(np.arange(LENGTH) * np.array([0.2, 0.9])[y][:, None] + rng.uniform(0, 6, (N, 1))),
    "constant": lambda rng, y: np.full((N, LENGTH), 9.81),
    "constant, rounded": lambda rng, y: np.full((N, LENGTH), 101_325.0) + rng.choice([0, 1 / 128], (N, LENGTH)),
    "nearly constant": lambda rng, y: np.round(0.5 + rng.normal(0, 1e-4, (N, LENGTH)).cumsum(axis=1), 6),
    "in steps": lambda rng, y: np.round(2 * rng.normal(0, 1, (N, LENGTH))) / 2,
    "huge": lambda rng, y: 3e6 + 40 * rng.normal(0, 1, (N, LENGTH)),
    "huge and moving": lambda rng, y: 1e6 * (2.0 + np.sin(np.arange(LENGTH) * 0.3 * (1 + y[:, None]))),
    "tiny": lambda rng, y: 1e-7 * rng.normal(0, 1, (N, LENGTH)),
}
"""name → (random generator, classes) → (windows, time)."""
MOST_WEIGHT = 100.0


def nasty(names: list[str], seed: int, normalisation: str) -> Windows:
    """Two classes of six people, cut and normalised as a dataset is."""
    rng = np.random.default_rng(seed)
    y = np.arange(N) % 2
    raw = np.stack([CHANNELS[name](rng, y) for name in names], axis=2).astype(np.float32)
    spec = WindowSpec(10, LENGTH, 10, normalisation)  # type: ignore[arg-type]
    x = normalise(raw, spec, Scaler.fit(raw))
    return Windows(x, y, np.array([f"s{i // 8}" for i in range(N)]), ("slow", "fast"))


def gap(estimator: Any, data: Any, folder: Path) -> float:
    """How far exported and native answers lie apart at most."""
    estimator.export_onnx(folder / "model.onnx")
    session = onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])
    found = OnnxAnswers(session).run(estimator.onnx_inputs(data))
    own = estimator.answer(data)
    assert all(np.isfinite(value).all() for value in own.values())
    return max(float(np.abs(found[name] - own[name]).max()) for name in own)


def test_the_weights_of_noise_stay_small_and_the_export_answers_alike(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    raw = np.round(0.5 + np.cumsum(rng.normal(0, 1e-4, (400, 150, 3)), axis=1), 6)
    y = np.arange(400) % 2
    data = Windows(normalise(raw, WindowSpec()), y, np.array([f"s{i // 50}" for i in range(400)]), ("a", "b"))
    found = estimator_class("random_kernels")
    model = found(found.Config(n_dilations=3), labels=("a", "b"))
    model.fit(data, seed=0)
    assert float(model.network.head.weight.abs().max()) < MOST_WEIGHT
    assert gap(model, data, tmp_path) < 1e-4


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(
    names=st.lists(st.sampled_from(sorted(CHANNELS)), min_size=1, max_size=4),
    normalisation=st.sampled_from(["window", "dataset", "none"]),
    seed=st.integers(0, 1000),
)
def test_random_kernels_learn_from_any_channels(names: list[str], normalisation: str, seed: int) -> None:
    data = nasty(names, seed, normalisation)
    found = estimator_class("random_kernels")
    model = found(found.Config(n_dilations=2, n_biases=2), labels=data.labels)
    model.fit(data, seed=0)
    assert np.isfinite(model.predict_proba(data.x)).all()
    assert float(model.network.head.weight.abs().max()) < MOST_WEIGHT
    nudged = data.x + np.spacing(np.abs(data.x))  # the last digit of every sample
    assert np.abs(model.predict_proba(nudged) - model.predict_proba(data.x)).max() < 0.05


@pytest.mark.parametrize("normalisation", ["window", "dataset"])
@pytest.mark.parametrize("name", estimator_names("sensors"))
def test_every_sensor_estimator_trains_and_exports(name: str, normalisation: str, tmp_path: Path) -> None:
    data = nasty(list(CHANNELS), 1, normalisation)
    found = estimator_class(name)
    small = {**SMALL[name], **({"epochs": 1} if "epochs" in SMALL[name] else {})}
    model = found(found.Config(**small), labels=data.labels)
    model.fit(data, seed=0)
    assert gap(model, data, tmp_path) < 1e-4


@pytest.mark.parametrize("name", ["cox_ph", "risk_forest", "risk_boosting"])
def test_columns_that_are_rounding_change_no_risk(name: str) -> None:
    rows = survival(0)

    def wide(seed: int) -> Any:
        rounded = 1e6 + np.random.default_rng(seed).choice([0.0, 1 / 16], len(rows))
        columns = [rows.x, np.full(len(rows), 3e6), rounded, np.full(len(rows), 0.1)]
        return type(rows)(np.column_stack(columns), rows.time, rows.event, rows.groups, (*rows.features, *"efg"))

    found = estimator_class(name)
    model = found(found.Config(**SMALL[name]))
    model.fit(wide(1), seed=0)
    for answer, other in zip(model.answer(wide(1)).values(), model.answer(wide(2)).values(), strict=True):
        assert np.isfinite(answer).all()
        np.testing.assert_allclose(answer, other, atol=0.05)


def test_a_window_at_a_million_keeps_its_movement_and_loses_its_rounding() -> None:
    rng = np.random.default_rng(0)
    y = np.zeros(N, np.int64)
    raw = np.stack([CHANNELS["constant, rounded"](rng, y), CHANNELS["huge"](rng, y)], axis=2).astype(np.float32)
    for spec in (WindowSpec(10, LENGTH, 10, "window"), WindowSpec(10, LENGTH, 10, "dataset")):
        found = normalise(raw, spec, Scaler.fit(raw))
        assert np.abs(found[:, :, 0]).max() < 0.2
        assert found[:, :, 1].std() == pytest.approx(1, abs=0.05)


def test_scales_of_rounding_are_no_scales() -> None:
    rng = np.random.default_rng(0)
    rounded = 1e6 + rng.choice([0.0, 1 / 16], (300, 1))
    x = np.hstack([rounded, rng.normal(size=(300, 1))])
    assert np.abs(FeatureScaler.fit(x, ("a", "b")).apply(x)[:, 0]).max() < 1e-6
    assert Standardiser.fit(window_statistics(rounded.reshape(10, 30, 1))).factor[0] == 0
    assert set(pick_diverse(np.hstack([rounded, np.r_[np.zeros(299), 1.0][:, None]]), 1)) == {299}


def test_drift_is_not_found_in_rounding() -> None:
    rng = np.random.default_rng(0)
    before = [np.full((50, 1), 101_325.0) + 1e-9 * rng.normal(size=(50, 1)) for _ in range(20)]
    after = [person + 3e-9 for person in before]
    assert not compare(before, after, ["pressure"]).has_shifted
    assert compare(before, [person + 100 for person in before], ["pressure"]).has_shifted
