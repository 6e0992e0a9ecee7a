"""From labelled files to a model on the command line: prepare_dataset and train_exercise_classifier."""

import gzip
import io
import json
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from mlops.ml.artifact import read_manifest
from mlops.ml.sensors.dataset import load_windows, read_dataset
from mlops.ml.sensors.labelled_files import read_labelled
from mlops.ml.sensors.layouts import FLEXTAIL

HEADER = "time,lumbarAngle,sagittal,lateral,twist,acceleration"


def run(name: str, *args: object, **options: object) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command(name, *args, stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


def signal(seed: int, seconds: float = 24.0) -> tuple[np.ndarray, np.ndarray]:
    """Half slow, half fast swinging at 25 Hz."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * 25)) / 25
    speed = np.where(t < seconds / 2, 0.5, 2.0)
    return t, np.sin(2 * np.pi * speed * t)[:, None] * rng.uniform(0.5, 1, 5) + rng.normal(0, 0.05, (len(t), 5))


def write_csv(path: Path, seed: int, *, label: bool = True) -> None:
    t, x = signal(seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [HEADER + ",label" * label]
    for i in range(len(t)):
        name = "," + ("slow" if t[i] < t[-1] / 2 else "fast") if label else ""
        rows.append(f"{t[i]:.3f}," + ",".join(f"{value:.4f}" for value in x[i]) + name)
    path.write_text("\n".join(rows) + "\n")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    for number, who in enumerate(("ann", "bob", "cem", "dia")):
        write_csv(folder / who / "one.csv", number)
    return folder


def prepare(files: Path, output: Path, *more: str) -> tuple[str, str]:
    cut = ("--window", 50, "--stride", 25, "--rate-hz", 25, "--split", "subjects")
    return run("prepare_dataset", files, "--output", output, *cut, *more)


def test_by_default_few_people_judge_in_turn_and_a_recommended_model_learns_from_all(
    files: Path, tmp_path: Path
) -> None:
    out, _ = run("prepare_dataset", files, "--output", tmp_path / "set")
    assert "Chosen: 25 samples a second, as recorded; windows of 4 s, as half of the labelled" in out
    assert "Only 4 people: each is evaluated by a model trained on the others" in out
    manifest = read_dataset(tmp_path / "set")
    assert manifest["split"]["how"] == "each"
    assert manifest["window_spec"] == {"rate_hz": 25.0, "length": 100, "stride": 33, "normalisation": "dataset"}
    out, _ = run("train_exercise_classifier", "--data", tmp_path / "set", "--output", tmp_path / "model")
    assert "4 people, each evaluated by a model trained on the others" in out
    made = read_manifest(tmp_path / "model")
    assert made["estimator"] == "random_kernels"
    windows = load_windows(tmp_path / "set")
    assert made["metrics"]["measured_on"]["part"] == "each"
    assert made["metrics"]["n"] == len(windows), "everybody was judged, once"
    assert made["metrics"]["accuracy"] > 0.9


def test_two_units_side_by_side_are_a_layout_of_the_command(files: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="Unknown layout: odd"):
        run("prepare_dataset", files, "--output", tmp_path / "set", "--layout", "odd:a+b")
    with pytest.raises(CommandError, match="two units"):
        run("prepare_dataset", files, "--output", tmp_path / "set", "--layout", "imu6:u2")
    with pytest.raises(CommandError, match="u2.acc_x"):
        run("prepare_dataset", files, "--output", tmp_path / "set", "--layout", "imu6:u2+u5")


def test_labelled_csv_becomes_windows_with_people_kept_apart(files: Path, tmp_path: Path) -> None:
    out, err = prepare(files, tmp_path / "set")
    assert "4 people" in out
    assert err == ""
    manifest = read_dataset(tmp_path / "set")
    assert manifest["labels"] == ["fast", "slow", "other"]
    assert sorted(manifest["subjects"]) == ["ann", "bob", "cem", "dia"]
    assert {entry["part"] for entry in manifest["subjects"].values()} == {"train", "val", "test"}
    assert load_windows(tmp_path / "set").x.shape[1:] == (50, 5)
    with pytest.raises(CommandError, match="never change"):
        prepare(files, tmp_path / "set")


def test_a_random_split_is_warned_about(files: Path, tmp_path: Path) -> None:
    _, err = prepare(files, tmp_path / "set", "--split", "random")
    assert "too optimistic" in err
    _, err = run(
        "train_exercise_classifier", "--data", tmp_path / "set", "--output", tmp_path / "model",
        "--estimator", "random_kernels", "--option", "n_dilations=1",
    )  # fmt: skip
    assert "too optimistic" in err
    assert read_manifest(tmp_path / "model")["metrics"]["measured_on"]["leaky"] is True


def test_labels_may_lie_beside_the_file_or_in_rsf(tmp_path: Path) -> None:
    write_csv(tmp_path / "eve.csv", 1, label=False)
    (tmp_path / "eve.labels.csv").write_text("start_s,end_s,label,state\n1,9,squat,confirmed\n10,12,row,rejected\n")
    who, series = read_labelled(tmp_path / "eve.csv", tmp_path, FLEXTAIL)
    assert (who, series.spans) == ("eve", [(1.0, 9.0, "squat")])
    raw = [[*[i % 7] * 36, 0, 0, -2048, 0, 0, 0, 3900, 1_700_000_000_000 + 40 * i] for i in range(99)]
    rows = [",".join(map(str, row)) for row in raw]
    packed = {"author": "Zoë Müller", "activity": "plank", "comment": "", "annotations": [], "content": rows}
    (tmp_path / "a.rsf").write_bytes(b"RSF1" + gzip.compress(json.dumps(packed).encode()))
    who, series = read_labelled(tmp_path / "a.rsf", tmp_path, FLEXTAIL)
    assert who == "Zo-M-ller"
    assert series.spans == [(0.0, pytest.approx(3.92), "plank")]
    packed["annotations"] = [{"start": 1.0, "end": 2.0, "label": "row"}]
    (tmp_path / "b.rsf").write_bytes(b"RSF1" + gzip.compress(json.dumps(packed).encode()))
    assert read_labelled(tmp_path / "b.rsf", tmp_path, FLEXTAIL)[1].spans == [(1.0, 2.0, "row")]


@pytest.mark.parametrize(
    ("content", "said"),
    [("", "empty"), (HEADER + "\n" + "0,1,2,3,4,5\n" * 9, "no labels"), ("a,b\n1,2\n2,3\n", "no column")],
)
def test_files_that_teach_nothing_are_named(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "x.csv").write_text(content)
    with pytest.raises(CommandError, match=said):
        run("prepare_dataset", tmp_path / "in", "--output", tmp_path / "set", "--file-rate-hz", 25)
    assert not (tmp_path / "set").exists()


def test_simulated_athletes_need_no_files(tmp_path: Path) -> None:
    out, _ = run("prepare_dataset", "--simulate", 3, "--output", tmp_path / "set")
    assert "other" in out
    manifest = read_dataset(tmp_path / "set")
    assert manifest["generated"] is True
    assert manifest["window_spec"]["rate_hz"] == 50
    assert manifest["window_spec"]["normalisation"] == "dataset"
    assert manifest["window_spec"]["length"] >= 150
    assert "Chosen: 50 samples a second, as recorded; windows of" in out
    assert "Only 3 people: each is evaluated" in out
    assert len(manifest["labels"]) == 7


@pytest.mark.parametrize("trainer", ["loop", "hf"])
def test_a_network_is_trained_and_every_epoch_printed(files: Path, tmp_path: Path, trainer: str) -> None:
    prepare(files, tmp_path / "set")
    out, _ = run(
        "train_exercise_classifier", "--data", tmp_path / "set", "--output", tmp_path / "best.pth",
        "--estimator", "cnn", "--trainer", trainer, "--epochs", 3, "--option", "width=8", "--class-weights",
        "--checkpoints", tmp_path / "kept",
    )  # fmt: skip
    assert "best.pth is taken as the folder best" in out
    for epoch in (1, 2, 3):
        assert f"epoch {epoch}/3: learning rate" in out
    assert "people the model has not seen" in out
    manifest = read_manifest(tmp_path / "best")
    assert manifest["config"]["trainer"] == trainer
    assert manifest["config"]["class_weights"] is True
    assert {"model.onnx", "model.safetensors", "config.json"} <= set(manifest["files"])
    assert {path.suffix for path in (tmp_path / "kept").rglob("*") if path.is_file()} == {".json", ".safetensors"}


def test_wrong_settings_are_refused_in_words(files: Path, tmp_path: Path) -> None:
    prepare(files, tmp_path / "set")
    common = ["--data", tmp_path / "set", "--output", tmp_path / "model"]
    for more, said in (
        (["--estimator", "oracle"], "Unknown estimator: oracle"),
        (["--estimator", "random_forest", "--epochs", 3], "Unknown setting epochs"),
        (["--estimator", "cnn", "--option", "width=wide"], "not a valid int"),
        (["--estimator", "cnn", "--epochs", 0], "between"),
    ):
        with pytest.raises(CommandError, match=said):
            run("train_exercise_classifier", *common, *more)
    with pytest.raises(CommandError, match="manifest"):
        run("train_exercise_classifier", "--data", tmp_path, "--output", tmp_path / "m", "--estimator", "cnn")
    assert not (tmp_path / "model").exists()
