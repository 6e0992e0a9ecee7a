"""Models of rows: one suite over all of them, and what each must get right by itself."""

import json

import numpy as np
import pytest

from mlops.ml.contract import BadArtifact, BadShape, BadValue, NotEnoughData, NotFitted
from mlops.ml.survival import judge
from mlops.ml.survival.cox import CoxConfig, CoxPH
from mlops.ml.survival.rows import SurvivalRows
from mlops.ml.survival.trees import BoostingConfig, ForestConfig, RiskBoosting, RiskForest

MADE = {
    "cox_ph": lambda: CoxPH(CoxConfig(horizon=50.0)),
    "risk_forest": lambda: RiskForest(ForestConfig(n_estimators=30, max_depth=5, horizon=50.0)),
    "risk_boosting": lambda: RiskBoosting(BoostingConfig(n_estimators=30, max_depth=3, horizon=50.0)),
}


def rows(n=400, seed=0):
    """Exponential times whose rate depends on the first feature; a fifth of the cells unknown."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 4))
    time = rng.exponential(60 / np.exp(1.2 * x[:, 0]))
    event = time < 100
    x[rng.random(x.shape) < 0.1] = np.nan
    groups = np.array([f"p{i // 2}" for i in range(n)])
    return SurvivalRows(x, np.minimum(time, 100).clip(0.01), event, groups, ("a", "b", "c", "d"))


@pytest.fixture(params=sorted(MADE))
def estimator(request):
    return MADE[request.param]()


def test_learns_and_repeats(estimator):
    train, test = rows(), rows(seed=1)
    estimator.fit(train, seed=5)
    risk = estimator.predict(test.x)
    assert ((risk >= 0) & (risk <= 1)).all()
    known, happened = test.within(50.0)
    assert judge.auc(risk[known], happened[known]) > 0.75
    again = MADE[estimator.name]()
    again.fit(train, seed=5)
    np.testing.assert_array_equal(again.predict(test.x), risk)


def test_saved_and_loaded_it_answers_the_same(estimator, tmp_path):
    estimator.fit(rows())
    estimator.save(tmp_path)
    loaded = type(estimator).load(tmp_path)
    x = rows(seed=2).x
    np.testing.assert_array_equal(loaded.predict(x), estimator.predict(x))
    np.testing.assert_allclose(loaded.drivers(x), estimator.drivers(x))
    assert loaded.features == ("a", "b", "c", "d")
    assert not [path for path in tmp_path.iterdir() if path.suffix in {".pkl", ".joblib"}]


def test_the_first_feature_drives(estimator):
    estimator.fit(rows())
    x = rows(seed=3).x
    drivers = estimator.drivers(x)
    assert drivers.shape == x.shape
    assert np.abs(drivers).mean(axis=0).argmax() == 0
    known = np.isfinite(x[:, 0])
    assert np.corrcoef(drivers[known, 0], x[known, 0])[0, 1] > 0.8


def test_refuses_what_it_cannot_learn_from(estimator):
    with pytest.raises(NotFitted):
        estimator.predict(np.zeros((1, 4)))
    few = rows(30)
    few = SurvivalRows(few.x, few.time, few.event & (np.arange(30) < 10), few.groups, few.features)
    with pytest.raises(NotEnoughData):
        estimator.fit(few)
    whole = rows()
    with pytest.raises(BadValue):
        estimator.fit(SurvivalRows(whole.x, whole.time * 0, whole.event, whole.groups, whole.features))
    estimator.fit(whole)
    with pytest.raises(BadShape):
        estimator.predict(np.zeros((2, 5)))


def test_what_nobody_measures_teaches_nothing_and_stops_nobody(estimator, tmp_path):
    """A team without HRV: one column is unknown to all, another is always the same."""
    train = rows()
    x = train.x.copy()
    x[:, 2], x[:, 3] = np.nan, 4.0
    estimator.fit(SurvivalRows(x, train.time, train.event, train.groups, train.features))
    estimator.save(tmp_path)
    loaded = type(estimator).load(tmp_path)
    other = x[:20].copy()
    other[:, 2] = 55.0
    assert not loaded.drivers(other)[:, 2:].any()
    np.testing.assert_array_equal(loaded.predict(other), estimator.predict(x[:20]))


def test_another_or_damaged_file_is_refused(estimator, tmp_path):
    estimator.fit(rows())
    estimator.save(tmp_path)
    facts = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**facts, "estimator": "other"}))
    with pytest.raises(BadArtifact):
        type(estimator).load(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps(facts))
    beside = {"config.json", "feature_scaler.json", "label_encoders.json"}
    model = next(path for path in tmp_path.iterdir() if path.name not in beside)
    model.write_bytes(model.read_bytes()[: model.stat().st_size // 2])
    with pytest.raises(BadArtifact):
        type(estimator).load(tmp_path)


def test_a_file_with_a_foreign_type_is_refused(tmp_path):
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import FunctionTransformer
    from skops.io import dump

    forest = MADE["risk_forest"]()
    forest.fit(rows())
    forest.save(tmp_path)
    dump(Pipeline([("f", FunctionTransformer(print))]), tmp_path / RiskForest.file)
    with pytest.raises(BadArtifact):
        RiskForest.load(tmp_path)


def test_cox_equals_lifelines():
    import pandas as pd
    from lifelines import CoxPHFitter

    train = rows()
    alone = np.arange(len(train)).astype(str)
    once = SurvivalRows(np.nan_to_num(train.x), train.time, train.event, alone, train.features)
    ours = CoxPH(CoxConfig(penalty=0.01, l1_ratio=1.0))
    ours.fit(once)
    z = ours.scaler.apply(once.x)
    table = pd.DataFrame(z, columns=list(once.features))
    theirs = CoxPHFitter(penalizer=0.01, l1_ratio=1.0).fit(
        table.assign(time=once.time, event=once.event), "time", "event"
    )
    curves = theirs.predict_survival_function(table.iloc[:5])
    for person in range(5):
        found = ours.survival(once.x[person], curves.index.to_numpy())[0]
        np.testing.assert_allclose(found, curves[person].to_numpy(), atol=1e-12)


def test_a_curve_falls_inside_its_band_and_the_band_narrows_with_more_people():
    at = np.linspace(0, 90, 10)
    widths = []
    for n in (200, 1600):
        cox = CoxPH()
        cox.fit(rows(n))
        survival, low, high = cox.survival(np.array([0.5, 0, 0, np.nan]), at)
        assert (np.diff(survival) <= 0).all()
        assert ((low <= survival) & (survival <= high)).all()
        assert survival[0] == low[0] == high[0] == 1
        widths.append((high - low)[-1])
    assert widths[1] < 0.6 * widths[0]


def test_the_band_holds_what_it_promises():
    """Over many samples the 95 % band of a known curve contains the truth about as often as it says."""
    x, at, hits = np.array([1.0, 0.0, 0.0, 0.0]), np.array([30.0]), 0
    truth = np.exp(-30 * np.exp(1.2) / 60)
    for seed in range(60):
        rng = np.random.default_rng(seed)
        table = rng.normal(size=(300, 4))
        time = rng.exponential(60 / np.exp(1.2 * table[:, 0]))
        made = SurvivalRows(
            table, np.minimum(time, 100).clip(0.01), time < 100, np.arange(300).astype(str), ("a", "b", "c", "d")
        )
        cox = CoxPH(CoxConfig(penalty=0.0))
        cox.fit(made)
        _, low, high = cox.survival(x, at)
        hits += int(low[0] <= truth <= high[0])
    assert 52 <= hits <= 60


def test_figures():
    happened = np.array([False, False, True, True])
    assert judge.auc(np.array([0.1, 0.2, 0.8, 0.9]), happened) == 1
    assert judge.auc(np.full(4, 0.5), happened) == 0.5
    assert judge.brier(np.array([0.0, 0, 1, 1]), happened) == 0
    with pytest.raises(NotEnoughData):
        judge.auc(np.full(4, 0.5), np.zeros(4, bool))
    rng = np.random.default_rng(0)
    p = rng.uniform(0.02, 0.9, 20000)
    slope, intercept = judge.calibration_slope(p, rng.random(20000) < p)
    assert slope == pytest.approx(1, abs=0.06)
    assert intercept == pytest.approx(0, abs=0.06)
    bins = judge.calibration_bins(p, rng.random(20000) < p)
    assert sum(one.n for one in bins) == 20000
    assert all(abs(one.answered - one.happened) < 0.05 for one in bins)


def test_rows_that_do_not_know_are_left_out():
    made = SurvivalRows(
        np.zeros((4, 1)), np.array([10.0, 10.0, 60.0, 60.0]), np.array([True, False, True, False]),
        np.array(list("abcd")), ("a",),
    )
    known, happened = made.within(50.0)
    assert known.tolist() == [True, False, True, True]
    assert happened.tolist() == [True, False, False, False]


def test_intervals_are_over_people():
    made, risk = rows(), np.random.default_rng(0).random(400)
    low, high = judge.interval(judge.c_index, risk, made, n=50)
    assert low < 0.5 < high
