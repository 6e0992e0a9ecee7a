"""Task models: they recognise tasks in videos they have not seen, say how well, and are kept without pickles."""

import json

import numpy as np
import pytest

from mlops.ml.artifact import read_manifest
from mlops.ml.contract import BadArtifact, BadValue
from mlops.ml.registry import estimator_class
from mlops.ml.scoring import OnnxScorer
from mlops.ml.vision.task_ablation import compare_detectors, detectors_table
from mlops.ml.vision.task_columns import DETECTORS, FeaturePlan
from mlops.ml.vision.task_datasets import TaskDataset, TaskDatasetConfig, build_task_dataset
from mlops.ml.vision.task_generator import Video, write_video, write_videos
from mlops.ml.vision.task_training import MODELS, TaskModelSettings, make_estimator, train_task_model
from mlops.ml.vision.task_validation import blocked_validation, every_window
from mlops.ml.vision.task_windows import TaskWindow

QUICK = {"n_estimators": 20, "epochs": 1}


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    return write_videos(tmp_path_factory.mktemp("videos"), 24, seconds=25, fps=10, seed=3)


@pytest.fixture(scope="module")
def dataset(videos, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sets") / "many"
    build_task_dataset(videos, folder)
    return folder


@pytest.fixture(scope="module")
def few(videos, tmp_path_factory):
    """Enough to train any model in seconds."""
    folder = tmp_path_factory.mktemp("sets") / "few"
    build_task_dataset(videos[:4], folder, TaskDatasetConfig(window=TaskWindow(1.6, 1.0)))
    return folder


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """One video in which both tasks come six times."""
    folder = tmp_path_factory.mktemp("clip")
    bouts = [(name, 6.0) for _ in range(6) for name in ("idle", "squat")]
    path = write_video(folder / "clip.parquet", Video("clip", 0, 72, 10, bouts))
    build_task_dataset([path], folder / "set")
    return folder / "set"


def test_many_videos_reach_the_promised_f1_on_videos_not_seen(dataset, tmp_path):
    path, metrics = train_task_model(dataset, tmp_path / "model")
    assert metrics["measured_on"] == {"part": "test", "split": "video", "n_windows": metrics["n_windows"]["test"]}
    assert metrics["f1_macro"] >= 0.9
    assert read_manifest(path)["generated"] is True


def test_the_metrics_are_complete_and_lie_beside_the_model(dataset, tmp_path):
    path, metrics = train_task_model(dataset, tmp_path / "model", TaskModelSettings(n_estimators=20))
    data = TaskDataset.open(dataset)
    assert json.loads((tmp_path / "model_metrics.json").read_text()) == json.loads(json.dumps(metrics))
    for name in ("accuracy", "f1_macro", "f1_weighted"):
        assert 0 <= metrics[name] <= 1
    assert set(metrics["per_class"]) == set(data.labels)
    assert all({"precision", "recall", "f1", "support"} == set(one) for one in metrics["per_class"].values())
    assert np.sum(metrics["confusion_matrix"]) == metrics["n_windows"]["test"]
    assert set(metrics["feature_importance"]) == set(data.metadata["feature_names"])
    assert all(label in metrics["classification_report"] for label in data.labels)
    for picture in ("feature_importance", "confusion_matrix"):
        assert (tmp_path / f"model_{picture}.png").read_bytes()[:4] == b"\x89PNG"
    assert {one.suffix for one in path.iterdir()} <= {".json", ".onnx", ".skops"}


@pytest.mark.parametrize("name", MODELS)
def test_every_model_answers_the_same_when_it_is_read_again(name, few, tmp_path):
    settings = TaskModelSettings(model=name, **QUICK)
    path, metrics = train_task_model(few, tmp_path / name, settings)
    assert metrics["model_type"] == name
    test = TaskDataset.open(few).part("test")
    x = np.asarray(test.x[:20])
    kept = estimator_class(MODELS[name]).load(path)
    assert np.abs(kept.predict_proba(x) - OnnxScorer.open(path).score(x)).max() < 1e-4


@pytest.mark.parametrize("how", ["stats", "flatten"])
@pytest.mark.parametrize("name", ["rf", "lightgbm"])
def test_what_trees_see_of_a_window(name, how, few, tmp_path):
    train = TaskDataset.open(few).part("train")
    path, _ = train_task_model(few, tmp_path / "model", TaskModelSettings(name, how, n_estimators=4))
    model = estimator_class(MODELS[name]).load(path)
    x = np.asarray(train.x[:30])
    assert np.abs(model.predict_proba(x) - OnnxScorer.open(path).score(x)).max() < 1e-4
    length, n_features = train.x.shape[1:]
    seen = model.model.n_features_in_ if name == "rf" else model.model.num_feature()
    assert seen == (4 * n_features if how == "stats" else length * n_features)


def test_settings_reach_the_model(dataset):
    train = TaskDataset.open(dataset).part("train")
    config = make_estimator(TaskModelSettings("rf", "stats", 7, 3), train).config
    assert (config.n_estimators, config.max_depth) == (7, 3)
    config = make_estimator(TaskModelSettings("lightgbm", "flatten", 9, 4, 0.3), train).config
    assert (config.n_rounds, config.max_depth, config.learning_rate, config.aggregation) == (9, 4, 0.3, "flatten")
    assert make_estimator(TaskModelSettings("tcn", learning_rate=0.02), train).config.learning_rate == 0.02
    assert TaskModelSettings().n_estimators == 100
    for wrong in ({"model": "svm"}, {"aggregation": "mean"}, {"n_estimators": 0}):
        with pytest.raises(BadValue):
            make_estimator(TaskModelSettings(**wrong), train)


def test_each_block_of_one_clip_is_held_out_once(clip, tmp_path):
    _, metrics = train_task_model(clip, tmp_path / "model", TaskModelSettings(n_estimators=20))
    found = metrics["cross_validation"]
    low, high = found["f1_macro_interval"]
    assert found["n_blocks"] >= 5
    assert 0 <= low <= found["f1_macro"] <= high <= 1
    assert found["f1_macro"] > 0.8
    assert found["n_windows"] + found["n_left_out"] == len(every_window(TaskDataset.open(clip))[0])


def test_nothing_near_a_held_out_block_is_learned_from(clip):
    data = TaskDataset.open(clip)
    windows, where = every_window(data)
    taught = []

    class Spy:
        def fit(self, given, *, seed):
            taught.append(given)
            self.n = len(given.labels)

        def predict_proba(self, x):
            return np.tile(np.eye(self.n)[0], (len(x), 1))

    found = blocked_validation(data, lambda _: Spy())
    assert len(taught) == found["n_blocks"]
    gap = data.metadata["window"]["window_s"]
    span = where.end_s.max() - where.start_s.min()
    most = (span - gap) / span * len(windows)
    assert all(len(given) < most for given in taught)
    for given in taught:
        assert np.abs(given.x.mean(axis=(0, 1))).max() < 0.01, "its own windows normalise a fold"


def test_a_split_by_block_says_little_and_says_so(clip):
    told = TaskDataset.open(clip).metadata
    assert told["split"]["how"] == "blocks"
    assert "say little about other videos" in " ".join(told["split"]["notes"])


def test_each_detector_alone_against_all_on_the_same_windows(dataset, videos, tmp_path):
    rows = {row.detector: row for row in compare_detectors(dataset, TaskModelSettings(n_estimators=20))}
    assert set(rows) == set(DETECTORS)
    assert rows["fusion"].n_features == rows["mediapipe"].n_features + rows["yolo"].n_features + 2
    assert rows["yolo"].f1_macro < min(rows["mediapipe"].f1_macro, rows["fusion"].f1_macro)
    value, low, high = rows["yolo"].gain
    assert low <= value <= high < 0
    table = detectors_table(list(rows.values()))
    assert all(title in table for title in ("All", "MediaPipe only", "YOLO only"))
    build_task_dataset(videos[:3], tmp_path / "yolo", TaskDatasetConfig(plan=FeaturePlan("yolo")))
    with pytest.raises(BadValue, match="only features of yolo"):
        compare_detectors(tmp_path / "yolo")


def test_what_is_no_data_set(tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(BadArtifact):
        train_task_model(tmp_path / "folder", tmp_path / "model")
