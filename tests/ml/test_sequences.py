"""Labels for every sample: the simulator's truth, shards, networks and their judgement."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlops.ml.artifact import write_artifact
from mlops.ml.contract import (
    UNLABELLED,
    BadArtifact,
    BadShape,
    BadValue,
    Estimator,
    NotEnoughData,
    Windows,
)
from mlops.ml.registry import estimator_class, estimator_names
from mlops.ml.scoring import OnnxScorer
from mlops.ml.sensors.dataset import LabelledSeries, write_manifest, write_subject_shard
from mlops.ml.sensors.sequences import (
    SequenceWindows,
    load_sequence_fold,
    load_sequences,
    phases_of,
    sample_labels,
    sequence_report,
    write_sequence_shard,
)
from mlops.ml.sensors.simulate import PHASES, Bout, random_subject, simulate_session
from mlops.ml.windows import WindowSpec

SPEC = WindowSpec(25, 50, 25, "window")
SMALL: dict[str, dict[str, Any]] = {
    "phase_tcn": {"epochs": 4, "width": 8, "n_blocks": 3, "learning_rate": 0.01, "batch_size": 16},
    "phase_bilstm": {"epochs": 4, "hidden_size": 12, "learning_rate": 0.02, "batch_size": 16},
}
LAYOUT = {"name": "flextail", "channels": ["a", "b", "c", "d", "e"], "rate_hz": 50}


def recorded(seed: int) -> Any:
    return simulate_session("flextail", [Bout("squat", 6, 6.0), Bout("pushup", 5, 6.0)], random_subject(seed), seed=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six simulated people, four to learn from."""
    directory = tmp_path_factory.mktemp("set")
    facts = []
    for number in range(6):
        made = recorded(number)
        series = LabelledSeries(made.t_s, made.samples, made.phases, str(number))
        facts.append(write_sequence_shard(directory, f"p{number}", [series], SPEC, PHASES))
    parts = {f"p{n}": ("train", "train", "train", "train", "val", "test")[n] for n in range(6)}
    write_manifest(directory, spec=SPEC, labels=PHASES, layout=LAYOUT, parts=parts, facts=facts)
    return directory


@pytest.fixture(scope="module", params=estimator_names("phases"))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def make(name: str, **config: Any) -> Estimator:
    cls = estimator_class(name)
    return cls(cls.Config(**{**SMALL[name], **config}))


@pytest.fixture(scope="module")
def fitted(name: str, folder: Path) -> Estimator:
    estimator = make(name)
    estimator.fit(load_sequences(folder, "train"), validation=load_sequences(folder, "val"), seed=3)
    return estimator


def test_the_simulator_knows_every_phase() -> None:
    made = recorded(3)
    assert {phase for _, _, phase in made.phases} == set(PHASES)
    ends = [end for _, end, _ in made.phases]
    assert all(begin >= before - 1e-9 for (begin, _, _), before in zip(made.phases[1:], ends, strict=False))
    for begin, end, _ in made.rep_times:
        own = [phase for a, b, phase in made.phases if a >= begin - 1e-6 and b <= end + 1e-6]
        assert own == ["down", "bottom", "up"]
    rowed = simulate_session("flextail", [Bout("row", 2, 5.0)], random_subject(1), seed=0)
    begin, end, _ = rowed.rep_times[0]
    assert [p for a, b, p in rowed.phases if a >= begin - 1e-6 and b <= end + 1e-6] == ["up", "down"]
    held = simulate_session("flextail", [Bout("plank", 1, 5.0)], random_subject(1), seed=0)
    assert {phase for _, _, phase in held.phases} == {"rest"}


def test_spans_become_sample_labels() -> None:
    found = sample_labels(10, 1.0, 10, [(1.2, 1.5, "up"), (1.5, 1.7, "odd"), (0.0, 1.1, "down")], ("down", "up"))
    assert found.tolist() == [0, -1, 1, 1, 1, -1, -1, -1, -1, -1]


def test_shards_hold_windows_with_a_label_for_every_sample(folder: Path, tmp_path: Path) -> None:
    train, test = load_sequences(folder, "train"), load_sequences(folder, "test")
    assert train.y.shape == train.x.shape[:2] == (len(train), 50)
    assert set(train.groups) == {"p0", "p1", "p2", "p3"}
    assert test.rate_hz == 25
    assert ((train.y != UNLABELLED).mean(axis=1) >= 0.5).all()
    known, unseen = load_sequence_fold(folder, "p2")
    assert set(unseen.groups) == {"p2"}
    assert "p2" not in set(known.groups)
    with pytest.raises(NotEnoughData):
        load_sequences(folder, "nobody")
    t = np.arange(200) / 25
    silent = LabelledSeries(t, np.zeros((200, 5), np.float32), [(0, 0.9, "up")], "r")
    assert write_sequence_shard(tmp_path, "q", [silent], SPEC, PHASES).n_windows == 0
    with pytest.raises(BadValue):
        write_sequence_shard(tmp_path, "../q", [silent], SPEC, PHASES)
    plain = LabelledSeries(t, np.zeros((200, 5), np.float32), [(0, 8, "up")], "r")
    facts = write_subject_shard(tmp_path, "r", [plain], SPEC, PHASES)
    write_manifest(tmp_path, spec=SPEC, labels=PHASES, layout=LAYOUT, parts={"r": "train"}, facts=[facts])
    with pytest.raises(BadArtifact):
        load_sequences(tmp_path, "train")


def test_a_network_learns_to_name_samples(name: str, fitted: Estimator, folder: Path) -> None:
    test = load_sequences(folder, "test")
    proba = fitted.predict_proba(test.x)
    assert proba.shape == (*test.y.shape, 4)
    assert np.allclose(proba.sum(axis=2), 1, atol=1e-5)
    assert fitted.predict(test.x).shape == test.y.shape
    assert fitted.predict_proba(test.x[:0]).shape == (0, 50, 4)
    report = sequence_report(proba, test)
    guessing = max((test.y[test.y != UNLABELLED] == label).mean() for label in range(4))
    assert report["accuracy"] > guessing
    assert report["accuracy_tolerant"] >= report["accuracy"]
    again = make(name)
    again.fit(load_sequences(folder, "train"), validation=load_sequences(folder, "val"), seed=3)
    assert np.array_equal(again.predict_proba(test.x), proba)


def test_it_saves_exports_and_is_served_the_same(name: str, fitted: Estimator, folder: Path, tmp_path: Path) -> None:
    test = load_sequences(folder, "test")

    def fill(path: Path) -> None:
        fitted.save(path)
        fitted.export_onnx(path / "model.onnx")

    manifest = {"labels": list(PHASES), "window_spec": SPEC.to_json(), "scaler": None, "layout": LAYOUT}
    artifact = write_artifact(tmp_path, "a", fill, manifest)
    assert np.array_equal(estimator_class(name).load(artifact).predict_proba(test.x), fitted.predict_proba(test.x))
    scorer = OnnxScorer.open(artifact)
    for n in (0, 1, 7):
        answers = scorer.score(test.x[:n])
        assert answers.shape == (n, 50, 4)
        assert np.abs(answers - fitted.predict_proba(test.x[:n])).max(initial=0) < 1e-4


def test_windows_with_one_label_are_refused(folder: Path) -> None:
    train = load_sequences(folder, "train")
    with pytest.raises(BadShape):
        make("phase_tcn").fit(Windows(train.x, train.y[:, 0], train.groups, train.labels))
    with pytest.raises(BadShape):
        estimator_class("cnn")().fit(train)
    nothing = np.full_like(train.y, UNLABELLED)
    with pytest.raises(NotEnoughData):
        make("phase_tcn").fit(SequenceWindows(train.x, nothing, train.groups, train.labels))


def test_answers_are_told_as_runs_of_a_phase() -> None:
    answers = np.array([[0.9, 0.1], [0.7, 0.3], [0.2, 0.8], [0.6, 0.4]], np.float32)
    found = phases_of(answers, ("down", "up"), 2.0)
    assert [(one["label"], one["start_s"], one["end_s"]) for one in found] == [
        ("down", 0.0, 1.0), ("up", 1.0, 1.5), ("down", 1.5, 2.0),
    ]  # fmt: skip
    assert found[0]["score"] == pytest.approx(0.8)


def test_a_late_edge_is_forgiven_only_a_little() -> None:
    y = np.array([[0] * 10 + [1] * 10], np.int64)
    late = np.eye(2)[np.array([[0] * 12 + [1] * 8])]
    data = SequenceWindows(np.zeros((1, 20, 1), np.float32), y, np.array(["a"]), ("down", "up"), 20.0)
    report = sequence_report(late, data)
    assert report["accuracy"] == pytest.approx(0.9)
    assert report["accuracy_tolerant"] == 1.0
    later = np.eye(2)[np.array([[0] * 15 + [1] * 5])]
    assert sequence_report(later, data)["accuracy_tolerant"] == pytest.approx(0.85)
