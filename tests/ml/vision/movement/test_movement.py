"""Stretches of clips as vectors: what is cut, what is computed, and a head that is judged on clips it has not seen."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mlops.ml.contract import BadValue, NotEnoughData, UnreadableInput
from mlops.ml.parts import store
from mlops.ml.parts.store import PartMissing, PartStore
from mlops.ml.scoring import MODEL_FILE
from mlops.ml.vision.movement.embedding import MOTIONBERT, STATISTICS, embed
from mlops.ml.vision.movement.embedding_file import Embedded, read_embedded, write_embedded
from mlops.ml.vision.movement.embedding_head import EmbeddingHead, EmbeddingHeadConfig
from mlops.ml.vision.movement.embedding_making import embedded_of
from mlops.ml.vision.movement.head_training import rows_of, train_head
from mlops.ml.vision.movement.landmark_file import Landmarks, read_landmarks
from mlops.ml.vision.movement.pose_statistics import NAMES, SERIES, pose_statistics
from mlops.ml.vision.movement.stretches import Cutting
from mlops.ml.vision.task_columns import POSE
from mlops.ml.vision.task_generator import Video, write_video


def standing(n=30, rate_hz=10.0, lift=None):
    """Somebody whose left wrist moves as `lift` says, in heights of the picture."""
    points = np.zeros((n, 33, 2))
    places = {
        0: (0.5, 0.1), 11: (0.6, 0.3), 12: (0.4, 0.3), 13: (0.6, 0.4), 14: (0.4, 0.4), 15: (0.6, 0.5),
        16: (0.4, 0.5), 23: (0.55, 0.5), 24: (0.45, 0.5), 25: (0.55, 0.7), 26: (0.45, 0.7), 27: (0.55, 0.9),
        28: (0.45, 0.9),
    }  # fmt: skip
    for number, place in places.items():
        points[:, number] = place
    if lift is not None:
        points[:, 15, 1] -= lift
    return Landmarks(np.arange(n) / rate_hz, points, np.ones((n, 33)), [])


def test_windows_lie_within_labelled_stretches():
    cutting = Cutting(3.0, 1.0)
    spans = [(10.0, 15.0, "row"), (0.0, 2.0, "squat"), (5.0, 6.0, "squat"), (20.0, 30.0, "walk")]
    assert cutting.labelled(spans, ["row", "squat"]) == [
        (0.0, 2.0, "squat"), (10.0, 13.0, "row"), (11.0, 14.0, "row"), (12.0, 15.0, "row"),
    ]  # fmt: skip
    assert Cutting.usual("technique").labelled(spans, ["walk"]) == [(20.0, 30.0, "walk")]
    for wrong in ((0.1, 1.0), (3.0, 0.0), (100.0, 1.0)):
        with pytest.raises(BadValue):
            Cutting(*wrong)
    with pytest.raises(BadValue):
        Cutting.usual("mood")


def test_statistics_of_a_body_do_not_depend_on_place_or_size():
    lift = 0.1 * np.sin(np.arange(30))
    one = standing(lift=lift)
    moved = Landmarks(one.t, one.points * 0.4 + (0.3, 0.05), one.scores, [])
    np.testing.assert_allclose(pose_statistics(one), pose_statistics(moved), atol=1e-4)
    found = dict(zip(NAMES, pose_statistics(one), strict=True))
    assert found["left_knee_angle mean"] == pytest.approx(1.0, abs=1e-3)
    assert found["left_wrist_y std"] == pytest.approx(np.std(lift) / 0.2, rel=1e-3)
    assert found["left_wrist_y pace"] == pytest.approx(np.abs(np.diff(lift)).mean() * 10 / 0.2, rel=1e-3)
    assert found["right_wrist_y pace"] == 0
    assert len(NAMES) == 5 * len(SERIES) == 170


def test_what_is_hidden_is_unknown_and_nobody_is_none():
    one = standing()
    one.scores[:, 15] = 0.1
    found = dict(zip(NAMES, pose_statistics(one), strict=True))
    assert np.isnan(found["left_wrist_y mean"])
    assert np.isfinite(found["right_wrist_y mean"])
    gone = Landmarks(one.t, np.full((30, 33, 2), np.nan), np.zeros((30, 33)), [])
    assert pose_statistics(gone) is None
    assert embed([gone, standing()], STATISTICS)[0] is None
    assert pose_statistics(standing(2)) is None


def test_motionbert_is_asked_with_points_and_says_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "_store", PartStore(tmp_path))
    with pytest.raises(PartMissing, match="own/motionbert-lite.*pose_statistics"):
        embed([standing()], MOTIONBERT)
    asked = []

    def answer(requests):
        asked.extend(requests)
        return [{"embedding": np.full(512, 0.5)} for _ in requests]

    nobody = Landmarks(np.arange(5) / 10, np.full((5, 33, 2), np.nan), np.zeros((5, 33)), [])
    hidden = standing(600)
    hidden.points[:, 7] = np.nan
    first, second = embed([nobody, hidden], MOTIONBERT, answer)
    assert first is None
    assert second.shape == (512,)
    (request,) = asked
    assert request["points"].shape == (243, 33, 2)
    assert request["keypoint_set"] == "mediapipe33"
    assert np.isfinite(request["points"]).all()
    assert (request["scores"][:, 7] == 0).all()
    with pytest.raises(BadValue):
        embed([standing()], "openpose")


def test_landmarks_of_a_feature_file(tmp_path):
    path = write_video(tmp_path / "a.parquet", Video("a", 1, 8.0, 10.0, [("idle", 4.0), ("squat", 4.0)]))
    found, table = read_landmarks(path), pq.read_table(path)
    assert found.points.shape == (table.num_rows, 33, 2)
    assert found.is_generated
    assert [(round(a), round(b), label) for a, b, label in found.spans] == [(0, 4, "idle"), (4, 8, "squat")]
    texts = table.column(POSE).to_pylist()
    row = next(i for i, text in enumerate(texts) if text)
    np.testing.assert_allclose(found.points[row], np.array(json.loads(texts[row]))[:, :2])
    wide = table.replace_schema_metadata({"width": "1600", "height": "800"})
    pq.write_table(wide, tmp_path / "b.parquet")
    np.testing.assert_allclose(read_landmarks(tmp_path / "b.parquet").points[row, :, 0], 2 * found.points[row, :, 0])


@pytest.mark.parametrize("text", ["[[1, 2]]", "[1", '[[[["x"]]]]', "{}", "[" * 5000])
def test_damaged_landmarks_are_said_to_be(tmp_path, text):
    pq.write_table(pa.table({"t": [0.0], POSE: [text]}), tmp_path / "a.parquet")
    with pytest.raises(UnreadableInput, match="damaged"):
        read_landmarks(tmp_path / "a.parquet")
    pq.write_table(pa.table({"t": [0.0]}), tmp_path / "b.parquet")
    with pytest.raises(UnreadableInput, match="no column"):
        read_landmarks(tmp_path / "b.parquet")


def test_from_files_to_a_head_that_is_judged_on_other_clips(tmp_path):
    """Generated people: this shows that the parts work together, not how well real movements are told apart."""
    bouts = [("idle", 6.0), ("squat", 6.0)] * 2
    paths = [write_video(tmp_path / f"{i}.parquet", Video(f"v{i}", i, 24.0, 8.0, bouts)) for i in range(6)]
    embedded, n_unseen = embedded_of(paths, STATISTICS, Cutting(2.0, 1.0))
    assert n_unseen < len(embedded.labels) / 4
    write_embedded(tmp_path / "e.parquet", embedded)
    again = read_embedded(tmp_path / "e.parquet")
    assert (again.by, again.is_generated, len(set(again.clips))) == (STATISTICS, True, 6)
    assert np.array_equal(again.vectors, embedded.vectors, equal_nan=True)
    path, metrics = train_head(again, tmp_path / "head", EmbeddingHeadConfig(epochs=15, hidden=8), question="exercise")
    assert (metrics["n_clips"], metrics["n_test_clips"], metrics["generated"]) == (6, 2, True)
    assert metrics["accuracy"] > metrics["baseline_accuracy"] + 0.2
    manifest = json.loads((path / "manifest.json").read_text())
    assert (manifest["embedding"], manifest["question"], manifest["labels"]) == (
        STATISTICS,
        "exercise",
        ["idle", "squat"],
    )
    assert (path / MODEL_FILE).is_file()
    kept = EmbeddingHead.load(path)
    assert kept.answer(rows_of(again))["probabilities"].shape == (len(again.labels), 2)


def test_too_little_to_learn_from(tmp_path):
    def of(clips, labels):
        n = len(clips)
        return Embedded(STATISTICS, np.array(clips), np.zeros((n, 2)), np.array(labels), np.zeros((n, 170), np.float32))

    for clips, labels in ((["a", "b"], ["", ""]), (["a", "b"], ["x", "x"]), (["a", "a"], ["x", "y"])):
        with pytest.raises(NotEnoughData):
            train_head(of(clips, labels), tmp_path / "head", EmbeddingHeadConfig(epochs=1))
    assert not (tmp_path / "head").exists()
    (tmp_path / "no.parquet").write_bytes(b"PAR1")
    with pytest.raises(UnreadableInput):
        read_embedded(tmp_path / "no.parquet")
