"""Training load: textbook numbers, and gaps that are not rest."""

import numpy as np
import pytest

from mlops.ml.survival.checkins.load import load_series


def test_a_steady_load_is_its_own_average():
    series = load_series(np.full(100, 300.0))
    assert series.ctl[-1] == pytest.approx(300)
    assert series.atl[-1] == pytest.approx(300)
    assert series.tsb[-1] == pytest.approx(0)
    assert series.ratio[-1] == pytest.approx(1)
    assert np.isnan(series.monotony[-1])  # without any variation there is no finite monotony


def test_a_week_by_hand():
    load = np.array([400, 0, 300, 500, 0, 200, 350.0])
    series = load_series(load)
    assert series.monotony[-1] == pytest.approx(load.mean() / load.std(ddof=1))
    assert series.strain[-1] == pytest.approx(load.sum() * load.mean() / load.std(ddof=1))


def test_more_than_usual_shows_in_ratio_and_form():
    series = load_series(np.r_[np.tile([200, 400, 300.0], 20), np.full(7, 600.0)])
    assert series.ratio[-1] == pytest.approx(2)
    assert series.tsb[-1] < -120


def test_a_gap_is_not_rest():
    known = np.tile([200, 400.0], 30)
    gap, rest = load_series(np.r_[known, np.full(5, np.nan)]), load_series(np.r_[known, np.zeros(5)])
    assert gap.ctl[-1] == gap.ctl[59]
    assert gap.atl[-1] == gap.atl[59]
    assert rest.atl[-1] < 0.6 * gap.atl[-1]
    assert np.isnan(gap.ratio[-1])


def test_a_long_gap_is_forgotten():
    series = load_series(np.r_[np.full(60, 300.0), np.full(20, np.nan), np.full(10, 300.0)])
    assert np.isnan(series.ctl[75])
    assert np.isnan(series.ctl[-1])
    assert series.atl[-1] == pytest.approx(300)


def test_too_little_is_unknown():
    series = load_series(np.array([300.0, np.nan, 200.0]))
    for values in (series.ctl, series.atl, series.ratio, series.monotony):
        assert np.isnan(values).all()
