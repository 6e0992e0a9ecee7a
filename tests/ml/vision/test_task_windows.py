"""Windows by time: gaps stay gaps, lost values are held and then unknown, a buffer gives the windows of the whole."""

import numpy as np
import pytest

from mlops.ml.contract import BadShape, BadValue
from mlops.ml.vision.task_windows import (
    HOLD_S,
    ScalerSums,
    TaskWindow,
    cut,
    filled,
    normalised,
    on_grid,
    usual_rate,
    windows_of,
)
from mlops.ml.windows import Scaler


def uneven(seconds=20.0, rate=25.0, seed=0):
    rng = np.random.default_rng(seed)
    t = np.sort(np.arange(int(seconds * rate)) / rate + rng.uniform(-0.01, 0.01, int(seconds * rate)))
    return t - t[0]


def test_a_slow_and_a_quick_camera_give_the_same_windows():
    found = []
    for rate in (15.0, 24.0):
        t = uneven(rate=rate)
        (one,) = on_grid(t, np.sin(t)[:, None].astype(np.float32), np.zeros(len(t), np.int64), 10.0)
        found.append(one.x[:150])
    assert np.abs(found[0] - found[1]).max() < 0.01


def test_a_gap_is_never_closed_up():
    t = np.arange(200) / 20
    kept = (t < 4) | (t >= 6)
    spec = TaskWindow(2.0, 0.5).at(20.0)
    stretches = on_grid(t[kept], t[kept, None].astype(np.float32), np.zeros(kept.sum(), np.int64), 20.0)
    assert [round(one.t0_s, 3) for one in stretches] == [0.0, 6.0]
    for stretch in stretches:
        for window in windows_of(stretch, spec, cut(stretch, spec, 1, []).starts):
            assert window[-1, 0] - window[0, 0] == pytest.approx(1.95, abs=1e-3), "a window spans the gap"


def test_the_frames_of_a_slow_video_are_no_gaps():
    t = np.arange(30.0)
    assert len(on_grid(t, t[:, None].astype(np.float32), None, 1.0)) == 1


def test_a_lost_value_is_held_then_unknown():
    t = np.arange(100) / 20
    x = np.ones((100, 2), np.float32)
    x[40:80, 0] = np.nan
    (stretch,) = on_grid(t, x, None, 20.0)
    n_held = int(HOLD_S * 20)
    assert np.isfinite(stretch.x[40 : 39 + n_held, 0]).all()
    assert np.isnan(stretch.x[42 + n_held : 79, 0]).all()
    assert np.isfinite(stretch.x[:, 1]).all()


def test_order_and_double_times_do_not_matter():
    t = uneven(5)
    x = np.sin(t)[:, None].astype(np.float32)
    y = (t > 2).astype(np.int64)
    (wanted,) = on_grid(t, x, y, 20.0)
    mixed = np.random.default_rng(1).permutation(len(t))
    twice = np.concatenate([mixed, mixed[:5]])
    (found,) = on_grid(t[twice], x[twice], y[twice], 20.0)
    assert np.array_equal(found.x, wanted.x)
    assert np.array_equal(found.y, wanted.y)
    assert on_grid(np.array([np.nan, np.nan]), x[:2], None, 20.0) == []


def test_a_buffer_of_frames_gives_the_window_of_the_whole_video():
    t = uneven(12)
    rng = np.random.default_rng(3)
    x = np.column_stack([np.sin(t), np.cos(3 * t)]).astype(np.float32)
    x[rng.random(x.shape) < 0.2] = np.nan
    (whole,) = on_grid(t, x, None, 20.0)
    for start in (20, 65, 130):
        begin, end = start / 20, (start + 39) / 20
        buffer = (t >= begin - HOLD_S - 0.2) & (np.arange(len(t)) <= np.searchsorted(t, end))
        (live,) = on_grid(t[buffer], x[buffer], None, 20.0, t0=0.0)
        first = round((begin - live.t0_s) * 20)
        assert np.array_equal(live.x[first : first + 40], whole.x[start : start + 40], equal_nan=True)


def test_a_window_needs_a_plain_label_and_somebody():
    n = 200
    y = np.full(n, -1)
    y[:60], y[60:100] = 0, 1
    x = np.ones((n, 2), np.float32)
    x[80:, 1] = 0.0
    (stretch,) = on_grid(np.arange(n) / 20, x, y, 20.0)
    spec = TaskWindow(2.0, 0.5).at(20.0)
    found = cut(stretch, spec, 2, [1])
    assert found.starts.tolist() == [0, 10, 20, 30, 40, 50, 60]
    assert found.y.tolist() == [0, 0, 0, 0, 0, 1, 1]
    assert found.n_unseen > 0
    assert found.n_unlabelled > 0


def test_the_scaler_is_that_of_all_training_windows_together():
    rng = np.random.default_rng(5)
    x = rng.normal(7, 3, (90, 3)).astype(np.float32)
    x[rng.random(x.shape) < 0.1] = np.nan
    (stretch,) = on_grid(np.arange(90) * 1.0, x, None, 1.0)
    starts = np.array([0, 10, 15, 60])
    sums = ScalerSums(3)
    sums.add(stretch, starts, 20)
    windows = np.stack([stretch.x[s : s + 20] for s in starts]).reshape(-1, 3)
    assert sums.scaler().mean == pytest.approx(np.nanmean(windows, axis=0))
    assert sums.scaler().std == pytest.approx(np.nanstd(windows, axis=0), rel=1e-6)
    shares = np.isnan(windows).mean(axis=0)
    named = {name: round(share, 4) for name, share in zip("abc", shares, strict=True) if share}
    assert sums.missing(["a", "b", "c"]) == pytest.approx(named)


def test_what_is_unknown_is_the_training_mean():
    scaler = Scaler(np.array([5.0, 1.0]), np.array([2.0, 0.5]))
    windows = np.array([[[7.0, np.nan], [np.nan, 2.0]]], np.float32)
    z = normalised(windows, scaler)
    assert z[0] == pytest.approx(np.array([[1.0, 0.0], [0.0, 2.0]]), abs=1e-4)
    assert filled(windows, scaler)[0].tolist() == [[7.0, 1.0], [5.0, 2.0]]


def test_refusals():
    with pytest.raises(BadValue, match="window must last"):
        TaskWindow(0.0)
    with pytest.raises(BadValue, match="seconds apart"):
        TaskWindow(2.0, -1)
    with pytest.raises(BadShape):
        on_grid(np.arange(3.0), np.zeros((4, 1), np.float32), None, 1.0)
    with pytest.raises(BadValue, match="two frames"):
        usual_rate([np.zeros(1)])
    assert usual_rate([np.arange(10) / 60.0]) == 30.0


@pytest.mark.parametrize("usual", [11.76, 12.0, 14.9, 15.0, 23.98, 24.99, 29.97, 30.0])
@pytest.mark.parametrize(("window_s", "step_s"), [(2.0, 0.5), (1.5, 0.25), (3.0, 1.0)])
def test_a_window_lasts_what_was_asked_whatever_the_rate_of_the_files(usual, window_s, step_s):
    window = TaskWindow(window_s, step_s)
    rate = window.grid_rate(usual)
    spec = window.at(rate)
    assert spec.duration_s == pytest.approx(window_s, abs=1e-9)
    assert spec.stride / rate == pytest.approx(step_s, abs=1e-9)
    assert abs(rate - usual) <= 0.2 * usual
    assert rate <= 30.0
    assert window.grid_rate(rate) == rate


def test_where_no_rate_suits_the_step_the_window_is_still_exact():
    window = TaskWindow(2.0, 0.37)
    spec = window.at(window.grid_rate(29.97))
    assert spec.duration_s == 2.0
    assert spec.stride / spec.rate_hz == pytest.approx(0.37, abs=0.5 / spec.rate_hz)
    assert TaskWindow(0.1, 0.01).at(TaskWindow(0.1, 0.01).grid_rate(1.0)).length == 2
