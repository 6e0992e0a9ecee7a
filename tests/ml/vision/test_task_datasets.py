"""Feature files to data sets: columns, splits that do not leak, balancing, what is said of too little, and the hash."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mlops.ml.contract import BadArtifact, BadValue, NotEnoughData, UnreadableInput
from mlops.ml.vision.task_columns import COLUMNS, DETECTORS, FeaturePlan
from mlops.ml.vision.task_datasets import TaskDataset, TaskDatasetConfig, build_task_dataset
from mlops.ml.vision.task_features import frame_features, whole_file
from mlops.ml.vision.task_generator import Video, video_columns, write_video, write_videos

PARTS = ("train", "val", "test")
BOUTS = [(name, 4.0) for _ in range(4) for name in ("idle", "squat", "press")]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return write_videos(tmp_path_factory.mktemp("videos"), 6, n_people=3, seconds=20, fps=10)


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """One video in which every task comes four times."""
    return write_video(tmp_path_factory.mktemp("clip") / "clip.parquet", Video("clip", 0, 48, 10, BOUTS))


def changed(path, out, **columns):
    """A copy of a feature file with other columns; None drops one."""
    table = pq.read_table(path)
    for name, values in columns.items():
        position = table.schema.get_field_index(name)
        if values is None:
            table = table.remove_column(position)
        else:
            table = table.set_column(position, name, pa.array(values(table.column(name).to_pylist())))
    pq.write_table(table, out)
    return out


def test_the_generator_writes_the_contract_and_says_what_it_is(files):
    schema = pq.read_schema(files[0])
    assert tuple(schema.names) == COLUMNS
    assert schema.metadata[b"generated"] == b"true"
    table = pq.read_table(files[0])
    assert table.column("mp_left_hand_landmarks").null_count > 0, "no hand is lost"
    assert len(json.loads(table.column("mp_pose_landmarks").drop_null()[0].as_py())) == 33
    assert np.diff(table.column("t").to_numpy()).std() > 0.001, "the rate does not vary"


def test_parts_hold_whole_videos_and_are_normalised_by_training_alone(files, tmp_path):
    told = build_task_dataset(files, tmp_path / "set")
    data = TaskDataset.open(tmp_path / "set")
    parts = {part: data.part(part) for part in PARTS}
    assert told["split"]["how"] == "video"
    groups = [set(part.groups) for part in parts.values()]
    assert not (groups[0] & groups[1] | groups[0] & groups[2] | groups[1] & groups[2])
    assert set.union(*groups) == set(told["videos"])
    for name, part in parts.items():
        assert part.x.shape[1:] == (20, len(told["feature_names"]))
        assert len(part) == told["split"]["parts"][name]["n_windows"] > 0
        assert np.isfinite(part.x).all()
    moving = np.array(told["scaler"]["std"]) > 1e-3
    assert np.abs(parts["train"].x.mean(axis=(0, 1)))[moving].max() < 0.05
    assert np.abs(parts["test"].x.mean(axis=(0, 1)))[moving].max() > 0.05, "the test part has a scaler of its own"
    assert told["label_mapping"] == {"idle": 0, "press": 1, "row": 2, "squat": 3, "walk": 4}
    assert len(told["generated"]) == 6
    assert told["missing"]["share_of_training_samples"]["left_hand_x"] > 0


def test_people_are_kept_apart_where_asked(files, tmp_path):
    told = build_task_dataset(files, tmp_path / "set", TaskDatasetConfig(split_by="person"))
    people = [{told["people"][v] for v in told["split"]["parts"][part]["videos"]} for part in PARTS]
    assert told["split"]["how"] == "person"
    assert sum(map(len, people)) == len(set.union(*people)) == 3


def test_the_same_files_give_the_same_bytes_in_any_order(files, tmp_path):
    one = build_task_dataset(files, tmp_path / "one")
    again = build_task_dataset(files[::-1], tmp_path / "again")
    other = build_task_dataset(files, tmp_path / "other", TaskDatasetConfig(seed=1))
    assert one == again
    assert TaskDataset.open(tmp_path / "one").dataset_hash == TaskDataset.open(tmp_path / "again").dataset_hash
    assert other["content_hash"] != one["content_hash"]


@pytest.mark.parametrize("how", ["downsample", "upsample"])
def test_only_the_training_part_is_balanced(files, tmp_path, how):
    rare = lambda labels: [name if name == "row" else "idle" for name in labels]  # noqa: E731
    few = changed(files[0], tmp_path / "few.parquet", label=rare)
    some = [few, *files[1:]]
    plain = build_task_dataset(some, tmp_path / "plain")["split"]["parts"]
    found = build_task_dataset(some, tmp_path / how, TaskDatasetConfig(balance=how))["split"]["parts"]
    counts = list(plain["train"]["per_label"].values())
    wanted = min(counts) if how == "downsample" else max(counts)
    assert len(set(counts)) > 1
    assert set(found["train"]["per_label"].values()) == {wanted}
    assert (found["val"], found["test"]) == (plain["val"], plain["test"])


def test_one_clip_is_cut_into_blocks_with_a_gap(clip, tmp_path):
    told = build_task_dataset([clip], tmp_path / "set")
    data = TaskDataset.open(tmp_path / "set")
    assert told["split"]["how"] == "blocks"
    assert any("blocks of time" in note for note in told["split"]["notes"])
    assert not any("into 1 blocks" in note for note in told["split"]["notes"])
    assert all(told["split"]["parts"]["train"]["per_label"].values())
    gap, spans = told["split"]["gap_s"], {part: data.starts(part) for part in PARTS}
    assert gap > 0
    assert all(len(one) for one in spans.values())
    for one, other in (("train", "val"), ("train", "test"), ("val", "test")):
        distance = np.abs(spans[one][:, None] - spans[other]).min() - 2.0
        assert distance >= gap - 1e-6, f"{one} and {other} lie {distance:.2f} s apart"


def test_two_videos_and_a_very_short_one_are_no_error(files, tmp_path):
    assert build_task_dataset(files[:2], tmp_path / "two")["split"]["how"] == "blocks"
    tasks = [("idle", 2.0), ("squat", 2.0)]
    short = write_video(tmp_path / "short.parquet", Video("short", 0, 4, 10, tasks))
    told = build_task_dataset([short], tmp_path / "short")
    assert told["split"]["parts"]["train"]["n_windows"] > 0


def test_videos_of_one_label_each_still_teach_two(tmp_path):
    tasks = ("idle", "squat", "row")
    paths = [write_video(tmp_path / f"{name}.parquet", Video(name, 0, 30, 10, [(name, 30)])) for name in tasks]
    told = build_task_dataset(paths, tmp_path / "set")
    assert sum(n > 0 for n in told["split"]["parts"]["train"]["per_label"].values()) >= 2
    assert told["split"]["notes"]


def test_ratios_are_taken_and_an_empty_part_is_said(files, tmp_path):
    told = build_task_dataset(files, tmp_path / "set", TaskDatasetConfig(ratios=(0.5, 0.0, 0.5)))
    counts = [told["split"]["parts"][part]["n_windows"] for part in PARTS]
    assert counts[1] == 0
    assert counts[2] > 0.3 * sum(counts)
    assert "The part val is empty." in told["split"]["notes"]
    for ratios in ((0.0, 0.5, 0.5), (0.7, 0.7, 0.7), (1.2, -0.1, -0.1)):
        with pytest.raises(BadValue, match="ratios"):
            build_task_dataset(files, tmp_path / "no", TaskDatasetConfig(ratios=ratios))


def test_the_features_of_each_detector():
    plans = {name: FeaturePlan(name) for name in DETECTORS}
    table = pa.table(video_columns(Video("a", 0, 3, 10)))
    every = dict(zip(plans["fusion"].names, frame_features(table, plans["fusion"]).T, strict=True))
    for name, plan in plans.items():
        found = frame_features(table.select(plan.columns), plan)
        assert found.shape == (table.num_rows, len(plan.names))
        for column, feature in enumerate(plan.names):
            assert np.array_equal(found[:, column], every[feature], equal_nan=True), f"{feature} of {name}"
    assert set(plans["mediapipe"].names) & set(plans["yolo"].names) == set()
    assert {"right_hand_obj_dist", "left_hand_obj_dist"} == (
        set(plans["fusion"].names) - set(plans["mediapipe"].names) - set(plans["yolo"].names)
    )


def test_where_the_camera_stands_hardly_matters():
    columns = video_columns(Video("a", 0, 3, 10))
    plan = FeaturePlan("mediapipe")
    near = frame_features(pa.table(columns), plan)
    moved = dict(columns)
    moved["mp_pose_landmarks"] = [
        text and json.dumps([[0.5 * x + 0.3, 0.5 * y + 0.1, z] for x, y, z in json.loads(text)])
        for text in columns["mp_pose_landmarks"]
    ]
    for side in ("left", "right"):
        moved[f"{side}_hand_x"] = [None if x is None else 0.5 * x + 0.3 for x in columns[f"{side}_hand_x"]]
        moved[f"{side}_hand_y"] = [None if y is None else 0.5 * y + 0.1 for y in columns[f"{side}_hand_y"]]
        moved[f"{side}_hand_speed"] = [None if v is None else 0.5 * v for v in columns[f"{side}_hand_speed"]]
    far = frame_features(pa.table(moved), plan)
    assert np.array_equal(np.isnan(near), np.isnan(far))
    assert np.nanmax(np.abs(near - far)) < 0.01


def test_wide_pictures_and_joints_that_were_guessed(tmp_path):
    """The schema says how wide pictures are; a landmark with little visibility is unknown."""
    columns = video_columns(Video("a", 0, 3, 10))
    plan = FeaturePlan("mediapipe")
    wanted = frame_features(pa.table(columns), plan)
    changed_columns = dict(columns)
    changed_columns["mp_pose_landmarks"] = [
        text and json.dumps([[x / 2, y, z, 0.1 if i == 15 else 0.9] for i, (x, y, z) in enumerate(json.loads(text))])
        for text in columns["mp_pose_landmarks"]
    ]
    for side in ("left", "right"):
        changed_columns[f"{side}_hand_x"] = [None if x is None else x / 2 for x in columns[f"{side}_hand_x"]]
    told = {"fitbalance.extraction": json.dumps({"video": {"width": 640, "height": 320}})}
    pq.write_table(pa.table(changed_columns).replace_schema_metadata(told), tmp_path / "wide.parquet")
    found = np.concatenate([piece.x for piece in whole_file(tmp_path / "wide.parquet", plan)])
    guessed = [name.startswith("left_wrist") for name in plan.names]
    assert np.isnan(found[:, guessed]).all()
    others = np.invert(guessed)
    assert np.nanmax(np.abs(found[:, others] - wanted[:, others])) < 1e-3
    assert np.array_equal(np.isnan(found[:, others]), np.isnan(wanted[:, others]))


def test_files_that_are_none(files, tmp_path):
    bad = tmp_path / "bad.parquet"
    bad.write_bytes(b"PAR1 nothing PAR1")
    missing = changed(files[0], tmp_path / "missing.parquet", mp_pose_landmarks=None)
    broken = changed(files[0], tmp_path / "broken.parquet", mp_pose_landmarks=lambda texts: ["[1, 2"] * len(texts))
    for path, words in ((bad, "damaged"), (missing, "mp_pose_landmarks"), (broken, "damaged")):
        with pytest.raises(UnreadableInput, match=words):
            build_task_dataset([path], tmp_path / "set")
    unlabelled = changed(files[0], tmp_path / "unlabelled.parquet", label=None)
    with pytest.raises(NotEnoughData, match="label"):
        build_task_dataset([unlabelled], tmp_path / "set")
    one = changed(files[0], tmp_path / "one.parquet", label=lambda labels: ["work"] * len(labels))
    with pytest.raises(NotEnoughData, match="two labels"):
        build_task_dataset([one], tmp_path / "set")
    assert not (tmp_path / "set").exists()
    assert not list(tmp_path.glob(".task-*"))


def test_a_data_set_never_changes(files, tmp_path):
    build_task_dataset(files[:3], tmp_path / "set")
    with pytest.raises(BadArtifact, match="exists"):
        build_task_dataset(files[:3], tmp_path / "set")
    path = tmp_path / "set" / "y_train.npy"
    path.write_bytes(path.read_bytes()[:-1] + b"\1")
    with pytest.raises(BadArtifact, match="altered"):
        TaskDataset.open(tmp_path / "set")
