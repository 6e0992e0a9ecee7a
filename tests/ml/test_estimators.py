"""The estimators of sensor windows: what they learn of people, and how an artifact of theirs is served.

What every estimator promises is checked in `test_every_estimator`.
"""

from __future__ import annotations

import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlops.ml.artifact import write_artifact
from mlops.ml.contract import (
    BadArtifact,
    BadShape,
    BadValue,
    Estimator,
    Windows,
)
from mlops.ml.registry import estimator_class, estimator_names, estimators
from mlops.ml.scoring import OnnxScorer
from mlops.ml.windows import Scaler, WindowSpec, normalise

SMALL: dict[str, dict[str, Any]] = {
    "random_kernels": {"n_dilations": 2, "n_biases": 2},
    "bilstm": {
        "epochs": 8, "batch_size": 16, "hidden_size": 8, "num_layers": 1, "learning_rate": 0.02, "dropout": 0.1,
    },
    "rnn": {"epochs": 12, "batch_size": 16, "hidden_size": 16, "learning_rate": 0.02, "cell": "gru"},
    "cnn": {"epochs": 6, "batch_size": 16, "width": 8, "learning_rate": 0.005, "dropout": 0.1},
    "tcn": {"epochs": 5, "batch_size": 16, "width": 8, "n_blocks": 2, "kernel_size": 3, "learning_rate": 0.01},
    "patchtst": {
        "epochs": 8, "batch_size": 16, "patch_length": 8, "patch_stride": 4, "d_model": 16, "num_layers": 1,
        "num_heads": 2, "learning_rate": 0.005, "dropout": 0.1,
    },
    "random_forest": {"n_estimators": 12},
    "lightgbm": {"n_rounds": 12, "num_leaves": 4},
}
RESUMABLE = [name for name, config in SMALL.items() if "epochs" in config]
LENGTH, CHANNELS = 32, 3
LABELS = ("slow", "fast", "still")
SPEC = WindowSpec(rate_hz=10, length=LENGTH, stride=8, normalisation="dataset")


def toy(n_subjects: int = 6, each: int = 24, seed: int = 0) -> Windows:
    """Sines of two speeds and rest; every subject has an own phase, size and posture."""
    rng = np.random.default_rng(seed)
    y = np.tile(np.arange(n_subjects * each) % 3, 1).astype(np.int64)
    groups = np.repeat([f"s{i}" for i in range(n_subjects)], each)
    size = np.repeat(rng.uniform(0.7, 1.4, n_subjects), each)[:, None, None]
    t = np.arange(LENGTH)[None, :, None] / SPEC.rate_hz
    speed = np.array([0.6, 2.0, 0.0])[y][:, None, None]
    x = size * np.sin(2 * np.pi * speed * t + rng.uniform(0, 6, (len(y), 1, CHANNELS)) * (speed > 0))
    x = x + np.repeat(rng.normal(0, 0.2, (n_subjects, 1, CHANNELS)), each, axis=0)
    return Windows((x + rng.normal(0, 0.1, x.shape)).astype(np.float32), y, groups, LABELS)


DATA = toy()
SCALER = Scaler.fit(DATA.x[DATA.groups < "s4"])
READY = Windows(normalise(DATA.x, SPEC, SCALER), DATA.y, DATA.groups, LABELS)
TRAIN = READY.take(READY.groups < "s4")
VALIDATION = READY.take(READY.groups == "s4")
TEST = READY.take(READY.groups == "s5")


def make(name: str) -> Estimator:
    cls = estimator_class(name)
    return cls(cls.Config(**SMALL[name]))


@pytest.fixture(scope="module", params=estimator_names("sensors"))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def fitted(name: str) -> Estimator:
    estimator = make(name)
    estimator.fit(TRAIN, validation=VALIDATION, seed=3)
    return estimator


@pytest.fixture(scope="module")
def artifact(name: str, fitted: Estimator, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole model artifact, native files and ONNX, written the way the site writes them."""

    def fill(folder: Path) -> None:
        fitted.save(folder)
        fitted.export_onnx(folder / "model.onnx")

    manifest = {
        "kind": "sensor_classification", "estimator": name, "config": asdict(fitted.config), "labels": list(LABELS),
        "window_spec": SPEC.to_json(), "scaler": SCALER.to_json(),
        "layout": {"name": "toy", "channels": ["a", "b", "c"], "rate_hz": SPEC.rate_hz},
    }
    return write_artifact(tmp_path_factory.mktemp("models"), name, fill, manifest)


def test_every_estimator_is_tested_here() -> None:
    assert set(SMALL) == set(estimator_names("sensors")) <= set(estimators())
    with pytest.raises(BadValue):
        estimator_class("oracle")


def test_it_recognises_people_it_has_not_seen(fitted: Estimator) -> None:
    proba = fitted.predict_proba(TEST.x)
    assert proba.shape == (len(TEST), 3)
    assert proba.dtype == np.float32
    assert np.allclose(proba.sum(axis=1), 1, atol=1e-5)
    assert (proba >= 0).all()
    answers = fitted.predict(TEST.x)
    assert answers.dtype == np.int64
    assert np.array_equal(answers, proba.argmax(axis=1))
    assert (answers == TEST.y).mean() > 0.6  # chance is a third
    assert fitted.predict_proba(TEST.x[:0]).shape == (0, 3)


def test_another_seed_gives_another_model(name: str, fitted: Estimator) -> None:
    other = make(name)
    other.fit(TRAIN, validation=VALIDATION, seed=4)
    assert not np.array_equal(other.predict_proba(TEST.x), fitted.predict_proba(TEST.x))


def test_label_order_is_kept(name: str, fitted: Estimator) -> None:
    assert fitted.labels == LABELS
    turned = Windows(TRAIN.x, 2 - np.asarray(TRAIN.y), TRAIN.groups, LABELS[::-1])
    estimator = make(name)
    estimator.fit(turned, seed=3)
    assert estimator.labels == LABELS[::-1]
    assert (2 - estimator.predict(TEST.x) == TEST.y).mean() > 0.6
    cls = estimator_class(name)
    with pytest.raises(BadValue):
        cls(cls.Config(**SMALL[name]), labels=LABELS).fit(turned)


def test_a_class_without_windows_is_never_likely(name: str) -> None:
    estimator = make(name)
    estimator.fit(Windows(TRAIN.x, TRAIN.y, TRAIN.groups, (*LABELS, "unseen")))
    proba = estimator.predict_proba(TEST.x)
    assert proba.shape == (len(TEST), 4)
    assert (proba.argmax(axis=1) < 3).all()


def test_one_subject_is_enough_to_learn(name: str) -> None:
    alone = TRAIN.take(TRAIN.groups == "s0")
    estimator = make(name)
    estimator.fit(alone)
    assert np.isfinite(estimator.predict_proba(TEST.x)).all()


@pytest.mark.parametrize("shape", [(4, LENGTH), (4, LENGTH + 1, CHANNELS), (4, LENGTH, CHANNELS + 1), (LENGTH,)])
def test_other_shapes_are_refused(fitted: Estimator, shape: tuple[int, ...]) -> None:
    with pytest.raises(BadShape):
        fitted.predict_proba(np.zeros(shape, np.float32))


def test_windows_that_do_not_fit_together_are_refused(name: str) -> None:
    y = np.asarray(TRAIN.y)
    with pytest.raises(BadShape):
        Windows(TRAIN.x, y[:-1], TRAIN.groups, LABELS)
    with pytest.raises(BadShape):
        make(name).fit(TRAIN, validation=Windows(TEST.x[:, 1:], TEST.y, TEST.groups, LABELS))


def test_one_changed_byte_is_refused(name: str, artifact: Path, tmp_path: Path) -> None:
    copy = tmp_path / name
    shutil.copytree(artifact, copy)
    weights = max((path for path in copy.iterdir() if path.suffix != ".json"), key=lambda path: path.stat().st_size)
    raw = bytearray(weights.read_bytes())
    raw[len(raw) // 2] ^= 1
    weights.write_bytes(raw)
    with pytest.raises(BadArtifact, match=weights.name):
        OnnxScorer.open(copy)


@pytest.mark.parametrize("name", RESUMABLE, indirect=True)
def test_the_checkpoint_of_another_training_is_passed_over(name: str, fitted: Estimator, tmp_path: Path) -> None:
    assert fitted.resumable
    cls = estimator_class(name)
    short = {**SMALL[name], "epochs": 2}
    cls(cls.Config(**short)).fit(TRAIN, seed=1, checkpoint_dir=tmp_path)
    first, second = (cls(cls.Config(**short)) for _ in range(2))
    first.fit(TRAIN, seed=2, checkpoint_dir=tmp_path)
    for state in tmp_path.rglob("state.safetensors"):
        raw = bytearray(state.read_bytes())
        raw[-1] ^= 1
        state.write_bytes(raw)
    second.fit(TRAIN, seed=2, checkpoint_dir=tmp_path)
    assert np.array_equal(first.predict_proba(TEST.x), second.predict_proba(TEST.x))


@pytest.mark.parametrize("n", [1, 7, 24])
def test_onnx_gives_equal_answers_for_any_batch(fitted: Estimator, artifact: Path, n: int) -> None:
    scorer = OnnxScorer.open(artifact)
    assert np.abs(scorer.score(TEST.x[:n]) - fitted.predict_proba(TEST.x[:n])).max() < 1e-4


def test_the_scorer_answers_raw_windows(fitted: Estimator, artifact: Path) -> None:
    scorer = OnnxScorer.open(artifact, threads=2)
    raw = DATA.x[DATA.groups == "s5"]
    assert scorer.labels == LABELS
    assert scorer.spec == SPEC
    assert scorer.layout["channels"] == ["a", "b", "c"]
    assert np.abs(scorer.score_raw(raw) - fitted.predict_proba(TEST.x)).max() < 1e-4
    assert scorer.score_raw(raw[:0]).shape == (0, 3)
    still = np.zeros((1, LENGTH, CHANNELS), np.float32)  # a device that sends nothing but zeros
    expected = fitted.predict_proba(normalise(still, SPEC, SCALER))
    assert np.abs(scorer.score_raw(still) - expected).max() < 1e-4


def test_the_scorer_refuses_what_it_cannot_answer(artifact: Path) -> None:
    scorer = OnnxScorer.open(artifact)
    with pytest.raises(BadShape):
        scorer.score_raw(np.zeros((1, LENGTH, CHANNELS + 1), np.float32))
    with pytest.raises(BadValue):
        scorer.score_raw(np.full((1, LENGTH, CHANNELS), np.nan, np.float32))


def test_the_scorer_opens_only_whole_artifacts(artifact: Path, tmp_path: Path) -> None:
    with pytest.raises(BadArtifact):
        OnnxScorer.open(tmp_path)
    manifest = {"labels": list(LABELS), "window_spec": SPEC.to_json(), "layout": {"channels": ["a"] * 3}}
    bare = write_artifact(tmp_path, "bare", lambda folder: (folder / "a.txt").write_text("x"), manifest)
    with pytest.raises(BadArtifact, match="model.onnx"):
        OnnxScorer.open(bare)
    junk = write_artifact(tmp_path, "junk", lambda folder: (folder / "model.onnx").write_bytes(b"junk"), manifest)
    with pytest.raises(BadArtifact):
        OnnxScorer.open(junk)


def test_the_library_loads_neither_django_nor_torch_for_scoring() -> None:
    import subprocess
    import sys

    code = (
        "import sys, mlops.ml.scoring, mlops.ml.registry, mlops.ml.metrics, mlops.ml.splits;"
        "bad = {'django', 'torch', 'sklearn', 'pandas', 'onnxruntime'} & set(sys.modules); assert not bad, bad"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
