"""The generator and the features: repeatable, right against a plain loop, and blind to the future."""

import numpy as np
import pandas as pd
import pytest

from mlops.ml.contract import Cancelled, NotEnoughData
from mlops.ml.survival.checkins.days import NAMES, Days
from mlops.ml.survival.checkins.features import FEATURE_NAMES, features_of
from mlops.ml.survival.checkins.hazard import RECOVERY_DAYS
from mlops.ml.survival.checkins.index_days import HORIZON_DAYS, rows_of
from mlops.ml.survival.checkins.simulate import ARCHETYPES, simulate
from mlops.ml.survival.checkins.table import by_day, by_person


@pytest.fixture(scope="module")
def made():
    return simulate(60, 200, seed=3, keep=[100])


def feature(days, name):
    return features_of(days)[:, :, FEATURE_NAMES.index(name)]


def test_the_same_seed_gives_the_same_days(made):
    again = simulate(60, 200, seed=3)
    for name in NAMES:
        np.testing.assert_array_equal(made.days.values[name], again.days.values[name])
    assert not np.array_equal(made.days.values["stress"], simulate(60, 200, seed=4).days.values["stress"])


def test_days_follow_each_other(made):
    """Neighbouring days are alike, days a month apart less so."""
    stress = made.days.values["stress"] - np.nanmean(made.days.values["stress"], axis=1, keepdims=True)

    def alike(lag):
        both = np.isfinite(stress[:, lag:]) & np.isfinite(stress[:, :-lag])
        return np.corrcoef(stress[:, lag:][both], stress[:, :-lag][both])[0, 1]

    assert alike(1) > 0.3
    assert alike(1) > alike(30) + 0.15


def test_events_follow_the_hazard_and_spare_those_who_recover():
    made = simulate(400, 365, seed=1)
    assert made.days.events.sum() == pytest.approx(made.hazard.sum(), rel=0.2)
    assert set(made.archetype) == set(ARCHETYPES)
    for person, day in zip(*np.nonzero(made.days.events), strict=True):
        assert not made.days.events[person, day + 1 : day + 1 + RECOVERY_DAYS].any()
        assert not made.days.at_risk[person, day + 1 : day + RECOVERY_DAYS].any()


def test_the_true_risk_is_that_of_what_comes(made):
    risk = made.true_risk(100, 90, copies=60)
    at_risk = made.days.at_risk[:, 100]
    assert ((risk >= 0) & (risk < 1)).all()
    realised = 1 - np.prod(1 - made.hazard[:, 101:191], axis=1)
    assert np.corrcoef(risk[at_risk], realised[at_risk])[0, 1] > 0.7


def test_generating_can_be_cancelled():
    def stop(done, total):
        if done == 5:
            raise Cancelled

    with pytest.raises(Cancelled):
        simulate(5, 50, on_step=stop)


def test_features_equal_a_plain_loop(made):
    days, when = made.days, 150
    found = {name: feature(days, name)[:, when] for name in FEATURE_NAMES}
    for person in range(8):
        of = {name: pd.Series(days.values[name][person, : when + 1]) for name in NAMES}
        sleep, load = of["sleep_hours"].iloc[-28:], of["workload"]
        assert found["sleep_mean"][person] == pytest.approx(sleep.mean())
        assert found["sleep_sd"][person] == pytest.approx(sleep.std())
        known = of["mood"].iloc[-28:].dropna()
        assert found["mood_trend"][person] == pytest.approx(7 * np.polyfit(known.index, known, 1)[0])
        assert found["load_monotony"][person] == pytest.approx(load.iloc[-28:].mean() / load.iloc[-28:].std())
        assert found["load_ratio"][person] == pytest.approx(load.iloc[-7:].mean() / load.iloc[-28:-7].mean())
        ln = np.log(of["hrv_rmssd"])
        assert found["hrv_shift"][person] == pytest.approx(ln.iloc[-28:].mean() - ln.iloc[-60:].mean())
        assert found["hrv_cv"][person] == pytest.approx(100 * ln.iloc[-28:].std() / ln.iloc[-28:].mean())


def test_unknown_is_unknown_and_not_zero(made):
    values = {name: grid.copy() for name, grid in made.days.values.items()}
    values["workload"][0, 100:110] = np.nan
    before = feature(made.days, "load_mean")[0, 110]
    gaps = Days(values, made.days.events, made.days.at_risk, made.days.people)
    after = feature(gaps, "load_mean")[0, 110]
    assert after == pytest.approx(np.nanmean(values["workload"][0, 83:111]))
    assert after > 0.5 * before
    values["workload"][0, 83:111] = np.nan
    assert np.isnan(feature(Days(values, gaps.events, gaps.at_risk, gaps.people), "load_mean")[0, 110])


def test_no_row_knows_anything_that_comes_after_its_day(made):
    """Everything after a day is shuffled between people: the rows of the days before stay as they were."""
    cut, rng = 120, np.random.default_rng(0)
    shuffled = {name: grid.copy() for name, grid in made.days.values.items()}
    for grid in shuffled.values():
        grid[:, cut + 1 :] = grid[rng.permutation(len(grid)), cut + 1 :]
    other = Days(shuffled, made.days.events, made.days.at_risk, made.days.people)
    np.testing.assert_array_equal(features_of(made.days)[:, : cut + 1], features_of(other)[:, : cut + 1])
    changed = features_of(made.days)[:, cut + 1 :] != features_of(other)[:, cut + 1 :]
    assert changed.any()


def test_rows_tell_what_came(made):
    rows = rows_of(made.days)
    assert rows.time.min() >= 1
    assert rows.time.max() <= HORIZON_DAYS
    assert rows.event.any()
    assert not rows.event.all()
    who = rows.groups == made.days.people[7]
    first_events = np.flatnonzero(made.days.events[7])
    for i, (time, event) in enumerate(zip(rows.time[who], rows.event[who], strict=True)):
        if event:
            assert any(0 < day - time <= made.days.n_days for day in first_events), i


def test_a_day_on_which_it_begins_or_lasts_is_no_index_day():
    shape = (1, 120)
    values = {name: np.full(shape, 3.0) for name in NAMES}
    events, at_risk = np.zeros(shape, bool), np.ones(shape, bool)
    events[0, 27] = True
    at_risk[0, 28:88] = False
    rows = rows_of(Days(values, events, at_risk, np.array(["a"])), every=1)
    assert rows.time[rows.event].tolist() == [14.0, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]
    assert len(rows) == 14 + (119 - 88)
    assert rows.time[~rows.event].max() == 119 - 88


def test_without_anybody_there_are_no_rows(made):
    short = Days(
        {name: grid[:, :10] for name, grid in made.days.values.items()}, made.days.events[:, :10],
        made.days.at_risk[:, :10], made.days.people,
    )
    with pytest.raises(NotEnoughData):
        rows_of(short)


def test_tables(made):
    long, short = by_day(made), by_person(made)
    assert (len(long), len(short)) == (60 * 200, 60)
    assert long["burnout_event"].sum() == short["n_events"].sum() == made.days.events.sum()
    assert long["stress"].isna().any()
    assert short["days_to_burnout"].notna().sum() == short["burnout"].sum()
