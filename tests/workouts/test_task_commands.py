"""From feature files to a model on the command line: build_task_dataset and train_task_classifier."""

import io
import json

import pytest
from django.core.management import CommandError, call_command, get_commands, load_command_class

from mlops.ml.vision.task_datasets import TaskDataset
from mlops.ml.vision.task_generator import Video, write_video

CHOICES = {
    "model": {"rf", "lightgbm", "lstm", "tcn", "transformer"},
    "agg": {"stats", "flatten"},
    "balance": {"downsample", "upsample", "none"},
}
BOUTS = [("idle", 5.0), ("squat", 5.0)] * 2


def run(name, *args):
    out, err = io.StringIO(), io.StringIO()
    call_command(name, *map(str, args), stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("videos")
    return [write_video(folder / f"{i}.parquet", Video(f"v{i}", i, 20, 8, BOUTS)) for i in range(4)]


@pytest.fixture(scope="module")
def dataset(files, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sets") / "set"
    run("build_task_dataset", "--features", *files, "--output", folder)
    return folder


@pytest.mark.parametrize(
    ("command", "flags"),
    [
        ("build_task_dataset", {
            "features": None, "output": None, "window_sec": 2.0, "step_sec": 0.5, "balance": "none",
            "train_ratio": 0.7, "val_ratio": 0.15, "test_ratio": 0.15,
        }),
        ("train_task_classifier", {
            "dataset": None, "model": "rf", "output": None, "agg": "stats", "n_estimators": 100, "max_depth": None,
            "learning_rate": None,
        }),
    ],
)  # fmt: skip
def test_the_flags_and_defaults_are_the_promised_ones(command, flags):
    parser = load_command_class(get_commands()[command], command).create_parser("manage.py", command)
    actions = {option: action for action in parser._actions for option in action.option_strings}
    for name, default in flags.items():
        action = actions[f"--{name.replace('_', '-')}"]
        assert action.default == default, name
        assert action.required == (name in ("features", "dataset", "output")), name
        if name in CHOICES:
            assert set(action.choices) == CHOICES[name]


def test_from_files_to_a_model(files, dataset, tmp_path):
    assert TaskDataset.open(dataset).metadata["split"]["how"] == "video"
    for name in ("X_train", "y_train", "X_val", "y_val", "X_test", "y_test"):
        assert (dataset / f"{name}.npy").is_file()
    said, _ = run("train_task_classifier", "--dataset", dataset, "--output", tmp_path / "m.pkl", "--n-estimators", 10)
    assert "macro F1" in said
    assert "models are kept as safe files" in said
    assert json.loads((tmp_path / "m_metrics.json").read_text())["settings"]["n_estimators"] == 10


def test_one_file_is_enough_and_the_command_warns(files, tmp_path):
    said, _ = run("build_task_dataset", "--features", files[0], "--output", tmp_path / "set", "--step-sec", 0.25)
    assert "blocks of time" in said
    told = ("--dataset", tmp_path / "set", "--output", tmp_path / "m", "--n-estimators", 5)
    _, warned = run("train_task_classifier", *told)
    assert "The scores say little about other videos" in warned


def test_detectors_are_compared_in_one_table(dataset, tmp_path):
    told = ("--dataset", dataset, "--n-estimators", 5, "--json", tmp_path / "table.json")
    said, _ = run("compare_task_detectors", *told)
    assert [line.split("|")[1].strip() for line in said.splitlines()[2:5]] == ["All", "MediaPipe only", "YOLO only"]
    assert [row["detector"] for row in json.loads((tmp_path / "table.json").read_text())][0] == "fusion"


def test_generated_files_go_straight_into_a_dataset(tmp_path):
    told = ("--output", tmp_path / "videos", "--videos", 3, "--seconds", 15, "--fps", 8)
    run("generate_task_features", *told)
    run("build_task_dataset", "--features", *(tmp_path / "videos").iterdir(), "--output", tmp_path / "set")
    assert len(TaskDataset.open(tmp_path / "set").metadata["generated"]) == 3
    with pytest.raises(CommandError, match="already exists"):
        run("generate_task_features", *told)
    with pytest.raises(CommandError, match="at least one video"):
        run("generate_task_features", "--output", tmp_path / "none", "--videos", 0)


def test_what_is_refused(files, dataset, tmp_path):
    with pytest.raises(CommandError, match="already exists"):
        run("build_task_dataset", "--features", *files, "--output", dataset)
    with pytest.raises(CommandError, match="no file"):
        run("build_task_dataset", "--features", tmp_path / "none.parquet", "--output", tmp_path / "set")
    with pytest.raises(CommandError, match="add up to 1"):
        run("build_task_dataset", "--features", *files, "--output", tmp_path / "set", "--train-ratio", 0.9)
    with pytest.raises(CommandError, match="cannot be read|manifest"):
        run("train_task_classifier", "--dataset", tmp_path, "--output", tmp_path / "m")
