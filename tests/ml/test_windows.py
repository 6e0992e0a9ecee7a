"""Windows, resampling, normalisation and balancing."""

from __future__ import annotations

import numpy as np
import pytest

from mlops.ml.contract import BadShape, BadValue
from mlops.ml.windows import Scaler, WindowSpec, balance, normalise, resample, sliding_windows, window_starts


def test_windows_are_views_at_the_announced_starts() -> None:
    samples = np.arange(40, dtype=np.float32).reshape(20, 2)
    windows = sliding_windows(samples, 6, 4)
    assert np.shares_memory(windows, samples)
    starts = window_starts(20, 6, 4)
    assert starts.tolist() == [0, 4, 8, 12]
    for window, start in zip(windows, starts, strict=True):
        assert np.array_equal(window, samples[start : start + 6])


def test_too_short_a_signal_gives_no_window() -> None:
    assert sliding_windows(np.zeros((5, 3), np.float32), 6, 1).shape == (0, 6, 3)
    assert len(window_starts(5, 6, 1)) == 0
    with pytest.raises(BadShape):
        sliding_windows(np.zeros(5), 2, 1)


def test_resampling_is_linear_in_time() -> None:
    rng = np.random.default_rng(0)
    t = np.cumsum(rng.choice([0.031, 0.032, 0.060], 500))
    (segment,) = resample(t, np.stack([t, 3 - 2 * t], axis=1), 50)
    grid = segment.t0_s + np.arange(len(segment.samples)) / 50
    assert segment.t0_s == t[0]
    assert t[-1] - 1 / 50 < grid[-1] <= t[-1] + 1e-6
    assert np.allclose(segment.samples, np.stack([grid, 3 - 2 * grid], axis=1), atol=1e-5)


def test_an_even_signal_passes_unchanged() -> None:
    samples = np.random.default_rng(1).normal(size=(101, 3)).astype(np.float32)
    (segment,) = resample(np.arange(101) / 50, samples, 50)
    assert np.allclose(segment.samples, samples, atol=1e-6)


def test_gaps_cut_and_disorder_is_repaired() -> None:
    t = np.array([0.0, 0.1, 0.1, 0.3, 0.2, 5.0, 5.1])
    x = np.array([0.0, 9.0, 1.0, 3.0, 2.0, 50.0, 51.0])[:, None]
    first, second = resample(t, x, 10)
    assert np.allclose(first.samples[:, 0], [0, 1, 2, 3])  # of the two at 0.1 s the last one counts
    assert second.t0_s == 5.0
    assert np.allclose(second.samples[:, 0], [50, 51])


def test_rows_that_are_not_numbers_are_left_out() -> None:
    t = np.arange(6) / 10
    x = np.arange(6, dtype=float)[:, None]
    x[2] = np.nan
    x[4] = np.inf
    (segment,) = resample(t, x, 10)
    assert np.allclose(segment.samples[:, 0], np.arange(6))
    assert resample(t, np.full((6, 1), np.nan), 10) == []


def test_a_common_grid_can_be_asked_for() -> None:
    t = np.arange(20) / 10 + 0.03
    (segment,) = resample(t, t[:, None], 10, t0=0.0)
    assert segment.t0_s == pytest.approx(0.1)
    assert np.allclose(segment.samples[:, 0], 0.1 + np.arange(len(segment.samples)) / 10)


def test_window_normalisation_follows_the_formula() -> None:
    x = np.random.default_rng(2).normal(5, 3, (300, 20, 4)).astype(np.float32)
    x[0, :, 1] = 9.81  # a channel that never moves
    wide = x.astype(np.float64)
    expected = (wide - wide.mean(1, keepdims=True)) / (wide.std(1, keepdims=True) + 1e-8)
    expected[0, :, 1] = 0
    got = normalise(x, WindowSpec(length=20))
    assert got.dtype == np.float32
    assert np.allclose(got, expected, atol=1e-5)


def test_dataset_normalisation_keeps_posture() -> None:
    x = np.random.default_rng(3).normal(2, 4, (50, 20, 3)).astype(np.float32)
    spec = WindowSpec(length=20, normalisation="dataset")
    scaler = Scaler.from_json(Scaler.fit(x).to_json())
    got = normalise(x, spec, scaler)
    assert np.allclose(got.reshape(-1, 3).mean(0), 0, atol=1e-5)
    assert np.allclose(got.reshape(-1, 3).std(0), 1, atol=1e-5)
    assert normalise(x[:1] + 10, spec, scaler).mean() > got[:1].mean() + 1
    with pytest.raises(BadValue):
        normalise(x, spec)
    with pytest.raises(BadShape):
        normalise(x[:, :, :2], spec, scaler)


def test_no_normalisation_is_a_copy() -> None:
    x = np.ones((2, 3, 1), np.float32)
    got = normalise(x, WindowSpec(length=3, normalisation="none"))
    assert np.array_equal(got, x)
    assert not np.shares_memory(got, x)


@pytest.mark.parametrize(
    "change", [{"rate_hz": 0}, {"length": 1}, {"stride": 0}, {"normalisation": "other"}, {"rate_hz": float("nan")}]
)
def test_impossible_specs_are_refused(change: dict) -> None:
    with pytest.raises(BadValue):
        WindowSpec(**change)
    with pytest.raises(BadValue):
        WindowSpec.from_json({**WindowSpec().to_json(), **change})


def test_a_spec_survives_json() -> None:
    spec = WindowSpec(25, 125, 62, "dataset")
    assert WindowSpec.from_json(spec.to_json()) == spec
    with pytest.raises(BadValue):
        WindowSpec.from_json({"length": 3})
    with pytest.raises(BadValue):
        Scaler.from_json({"mean": [1.0], "std": [float("nan")]})


@pytest.mark.parametrize(("how", "each"), [("downsample", 3), ("upsample", 10)])
def test_balancing_makes_classes_equal(how: str, each: int) -> None:
    y = np.array([0] * 10 + [2] * 3 + [5] * 7)
    picked = balance(y, how, seed=4)  # type: ignore[arg-type]
    assert {int(label): int((y[picked] == label).sum()) for label in np.unique(y)} == {0: each, 2: each, 5: each}
    assert np.array_equal(picked, balance(y, how, seed=4))  # type: ignore[arg-type]
    if how == "upsample":
        assert set(picked.tolist()) == set(range(20))


def test_no_balancing_keeps_everything() -> None:
    assert balance(np.array([1, 1, 0]), "none").tolist() == [0, 1, 2]
    with pytest.raises(BadValue):
        balance(np.array([1]), "sideways")  # type: ignore[arg-type]
