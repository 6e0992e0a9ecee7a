"""What kinds that are no windows do not take, and that the models that ship travel too."""

import pytest

from burnout.kinds import OutcomeRisk
from mlops.exchange.services.connections import connect_start
from mlops.kinds.exchange import Unfit
from mlops.ml.artifact import read_manifest
from mlops.ml.contract import BadArtifact
from sessions.phase_kind import MovementPhase
from tests.mlops.test_exchange import post, uploaded
from tests.mlops.test_exchange_any_kind import CHAMPIONS, number, resealed, toys  # noqa: F401
from web.refusals import Problem

pytestmark = pytest.mark.django_db


def test_what_these_kinds_do_not_take(number, staff, client):  # noqa: F811
    client.force_login(staff)
    upload = uploaded(staff, "m.onnx", b"\x08" + b"\xff" * 100)
    body = {"task": "toy", "upload": str(upload.pk)}
    answer = post(client, "/api/v1/versions/import/", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_format")
    answer = post(client, "/api/v1/versions/import/", {**body, "labels": ["a", "b"]})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "unknown_field"
    with pytest.raises(Problem) as caught:
        connect_start(task=number.task, url="https://x.endpoints.huggingface.cloud/", by=staff)
    assert (caught.value.status, caught.value.code) == (409, "not_remote")


@pytest.mark.parametrize(
    ("kind", "champion"),
    [
        (MovementPhase(), CHAMPIONS / "movement-phase" / "phase_tcn"),
        (OutcomeRisk(), CHAMPIONS / "burnout-forest" / "risk_forest"),
        (OutcomeRisk(), CHAMPIONS / "burnout-curve" / "cox_ph"),
    ],
)
def test_what_ships_travels_too(kind, champion, tmp_path):
    class Task:
        label_set = None

    out, back = tmp_path / "out", tmp_path / "back"
    out.mkdir()
    back.mkdir()
    kind.exchange.write_folder(kind, champion, out)
    imported = kind.exchange.read_folder(kind, Task(), out)
    imported.fill(back)
    first = read_manifest(champion)
    for name in first["files"]:
        if name not in ("README.md", "metrics.json"):
            assert (back / name).read_bytes() == (champion / name).read_bytes()
    assert imported.estimator == first["estimator"]
    entries = kind.input_of(first).keys() | {"labels", "features"}
    assert all(imported.manifest[name] == first[name] for name in entries & first.keys())


def test_a_forest_of_other_things_is_refused_before_it_is_built(tmp_path):
    import skops.io
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import FeatureUnion

    kind, champion, out = OutcomeRisk(), CHAMPIONS / "burnout-forest" / "risk_forest", tmp_path / "out"
    out.mkdir()
    kind.exchange.write_folder(kind, champion, out)

    class Task:
        label_set = None

    class Strange(LogisticRegression):
        pass

    skops.io.dump(FeatureUnion([("strange", Strange())]), out / "random_forest_model.skops")
    resealed(out)
    (tmp_path / "back").mkdir()
    with pytest.raises(BadArtifact, match="not on the list"):
        kind.exchange.read_folder(kind, Task(), out).fill(tmp_path / "back")


def test_rows_reach_a_model_in_its_own_order():
    import numpy as np

    from mlops.kinds.exchange import RowExchange
    from tests.mlops.toy_app.kind import Table

    data = Table(np.array([[1.0, 2.0, 3.0]]), np.zeros(1), np.array(["p"]))
    hooks, own = RowExchange("columns"), {"columns": ["a", "b", "c"]}
    np.testing.assert_array_equal(hooks.values(None, data, own, {"columns": ["c", "a"]}), [[3.0, 1.0]])
    with pytest.raises(Unfit, match="z"):
        hooks.values(None, data, own, {"columns": ["z"]})
