"""Trees as arrays: the same answers and the same reasons as the libraries that made and explain them."""

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from mlops.ml.contract import BadArtifact, BadShape
from mlops.ml.survival.light import ServedTrees, open_risk
from mlops.ml.survival.tree_table import FILE, TreeTable
from tests.ml.survival.test_models import MADE, rows


@pytest.fixture(params=["risk_boosting", "risk_forest"])
def fitted(request):
    estimator = MADE[request.param]()
    estimator.fit(rows(), seed=1)
    return estimator


def test_the_reasons_are_those_of_the_shap_library(fitted):
    import shap

    z = fitted.scaler.apply(rows(20, seed=4).x)
    theirs = np.asarray(shap.TreeExplainer(fitted._fitted()).shap_values(z, check_additivity=False))
    theirs = theirs[..., 1] if theirs.ndim == 3 else theirs
    np.testing.assert_allclose(fitted._table().drivers(z), theirs, atol=1e-6)


def test_reasons_add_up_to_the_answer(fitted):
    table = fitted._table()
    z = fitted.scaler.apply(rows(30, seed=5).x)
    missing = table.score(z) - table.drivers(z).sum(axis=1)
    assert np.ptp(missing) < 1e-6  # what is left is one number for everybody: the average


def test_served_it_answers_as_the_saved_model_without_opening_it(fitted, tmp_path):
    fitted.save(tmp_path)
    (tmp_path / fitted.file).unlink()
    served = open_risk(tmp_path, fitted.name)
    x = rows(50, seed=6).x
    assert isinstance(served, ServedTrees)
    np.testing.assert_allclose(served.predict(x), fitted.predict(x), atol=1e-6)
    np.testing.assert_allclose(served.drivers(x), fitted.drivers(x))
    assert served.horizon == 50
    assert served.features == fitted.features
    with pytest.raises(BadShape):
        served.predict(x[:, :2])


def test_a_model_without_the_arrays_is_opened_whole(fitted, tmp_path):
    fitted.save(tmp_path)
    (tmp_path / FILE).unlink()
    assert type(open_risk(tmp_path, fitted.name)) is type(fitted)


@pytest.mark.parametrize(
    "change",
    [
        lambda parts: parts.update(right=np.zeros_like(parts["right"])),  # a circle
        lambda parts: parts.update(feature=parts["feature"] + 9),
        lambda parts: parts.update(value=parts["value"][:-1]),
        lambda parts: parts.update(cover=parts["cover"] * np.float32(np.nan)),
        lambda parts: parts.update(root=parts["root"] + 10**6),
        lambda parts: parts.pop("threshold"),
    ],
)
def test_trees_that_do_not_belong_together_are_refused(tmp_path, change):
    estimator = MADE["risk_boosting"]()
    estimator.fit(rows())
    estimator.save(tmp_path)
    parts = dict(load_file(tmp_path / FILE))
    change(parts)
    save_file(parts, tmp_path / FILE, metadata={"base": "0.0", "link": "logit", "n_features": "4"})
    with pytest.raises(BadArtifact):
        TreeTable.load(tmp_path)
    with pytest.raises(BadArtifact):
        open_risk(tmp_path, estimator.name)
