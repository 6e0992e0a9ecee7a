"""The benchmark that compares with other models: who is judged by whom, and what the ratios are of."""

import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import unseen_people
from benchmarks.sense_parts import rivals
from mlops.ml.contract import Windows
from mlops.ml.sensors.dataset import LabelledSeries, write_manifest, write_subject_shard
from mlops.ml.windows import WindowSpec

SPEC = WindowSpec(10, 20, 20, "dataset")
LABELS = ("a", "b")
PEOPLE = ("p1", "p2", "p3")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    facts = []
    for number, who in enumerate(PEOPLE):
        x = np.random.default_rng(number).normal(size=(400, 2)).astype(np.float32)
        spans = [(0.0, 20.0, "a"), (20.0, 40.0, "b")]
        facts.append(
            write_subject_shard(tmp_path, who, [LabelledSeries(np.arange(400) / 10, x, spans, who)], SPEC, LABELS)
        )
    write_manifest(
        tmp_path, spec=SPEC, labels=LABELS, layout={}, parts=dict.fromkeys(PEOPLE, "train"), facts=facts,
        split={"how": "each", "parts": {}},
    )  # fmt: skip
    return tmp_path


def test_each_person_is_judged_by_models_of_all_others(directory, tmp_path_factory):
    seen = []

    def right_but_for_p2(train: Windows, test: Windows) -> rivals.Answer:
        seen.append((sorted(set(train.groups)), sorted(set(test.groups))))
        wrong = set(test.groups) == {"p2"}
        return np.eye(2)[1 - test.y if wrong else test.y], 1.0

    def always_a(train: Windows, test: Windows) -> rivals.Answer:
        return np.eye(2)[np.zeros(len(test), int)], 2.0

    one = unseen_people.RealSet("made up", "imu6", [], lambda: iter(()), "person")
    models = {"ours": (right_but_for_p2, "scaled"), "always a": (always_a, "measured")}
    table: list[str] = []
    kept = tmp_path_factory.mktemp("kept")
    for _ in range(2):
        result = unseen_people.judge(one, directory, models, keep=kept, say=table.append)
    assert seen == [(["p2", "p3"], ["p1"]), (["p1", "p3"], ["p2"]), (["p1", "p2"], ["p3"])]  # the second time kept
    own, other = (result["models"][name] for name in models)
    assert own["by_person"] == {"p1": 1.0, "p2": 0.0, "p3": 1.0}
    assert own["accuracy"] == pytest.approx(2 / 3)
    assert other["accuracy"] == pytest.approx(1 / 2)
    assert other["first"]["gain"] == pytest.approx(1 / 6)
    assert other["first"]["accuracy_ratio"] == pytest.approx(4 / 3)
    assert other["first"]["error_ratio"] == pytest.approx(2 / 3)
    assert other["first"]["low"] < 0 < other["first"]["high"]
    assert other["train_seconds"] == 6.0
    assert table[:4] == table[4:]
    assert table[-1].endswith("| 1.333 | 0.67 |")
    assert {line.count("|") for line in table} == {8}


def test_another_python_is_asked_with_plain_arrays(tmp_path, monkeypatch):
    (tmp_path / "minirocket.py").write_text(
        "import sys, numpy as np\n"
        "f = np.load(sys.argv[1], allow_pickle=False)\n"
        "np.savez(sys.argv[2], answers=np.full(len(f['test']), f['y'].max()), seconds=len(f['train']))\n"
    )
    monkeypatch.setattr(rivals, "__file__", str(tmp_path / "rivals.py"))
    x = np.zeros((3, 20, 2), np.float32)
    train = Windows(x, np.array([0, 1, 1]), np.array(["p1"] * 3), LABELS)
    proba, seconds = rivals.minirocket(Path(sys.executable))(train, train.take(np.array([0, 1])))
    assert proba.tolist() == [[0.0, 1.0], [0.0, 1.0]]
    assert seconds == 3
