"""prepare_dataset: who a file is of and what is done in it, by folder, name, sidecar or option; never by accident."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from django.core.management.base import CommandError

from mlops.ml.sensors.dataset import read_dataset
from tests.ml.sensors_io.motion import DEG, G, table
from tests.workouts.test_exercise_commands import run


def rsf(path: Path, seed: int, *, author="Lab 3", activity="other") -> None:
    """A raw FlexTail file of 24 s whose movement depends on `seed`."""
    rng = np.random.default_rng(seed)
    t = np.arange(600) / 25
    wave = (30 * np.sin(2 * np.pi * rng.uniform(0.1, 1) * t + rng.uniform(0, 6)) + rng.normal(0, 3, 600)).astype(int)
    rows = [
        [*[int(w)] * 36, -2048 + int(w), 5, 90, 0, 0, 0, 3900, 1_700_000_000_000 + 40 * i] for i, w in enumerate(wave)
    ]
    told = {"author": author, "activity": activity, "comment": "", "annotations": []}
    told["content"] = [",".join(map(str, row)) for row in rows]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"RSF1" + gzip.compress(json.dumps(told).encode(), 1))


def prepare(folder: Path, *more: object) -> tuple[dict, str, str]:
    output = folder.parent / "set"
    out, err = run(
        "prepare_dataset", folder, "--output", output, "--window", 50, "--stride", 50, "--rate-hz", 25, *map(str, more)
    )
    return read_dataset(output), out, err


@pytest.fixture
def one_author(tmp_path: Path) -> Path:
    """Three people with two movements, all recorded by one author who never named the activity."""
    folder = tmp_path / "in"
    for n, who in enumerate(("ann", "bob", "cem")):
        for m, what in enumerate(("squat", "row")):
            rsf(folder / who / what / f"{who}-{what}.rsf", 2 * n + m)
    return folder


def people(manifest: dict) -> list[str]:
    return sorted(manifest["subjects"])


def test_one_author_is_no_person_and_one_activity_no_label(one_author):
    with pytest.raises(CommandError, match="activity other"):
        prepare(one_author)
    manifest, out, _ = prepare(one_author, "--label-from", "folder", "--person-from", "folder")
    assert people(manifest) == ["ann", "bob", "cem"]
    assert manifest["labels"] == ["row", "squat", "other"]
    assert "3 people" in out


def test_a_pattern_names_people_and_labels_in_file_names(tmp_path, one_author):
    flat = tmp_path / "flat"
    flat.mkdir()
    for path in one_author.rglob("*.rsf"):
        path.rename(flat / path.name)
    with pytest.raises(CommandError, match="cannot be told apart"):
        prepare(flat, "--label-pattern=-(\\w+)\\.rsf")
    manifest, out, _ = prepare(flat, "--person-pattern", r"^(\w+)-", r"--label-pattern=-(\w+)\.rsf")
    assert people(manifest) == ["ann", "bob", "cem"]
    assert manifest["labels"] == ["row", "squat", "other"]


def test_a_sidecar_or_a_table_names_them(tmp_path, one_author):
    for path in one_author.rglob("*.rsf"):
        who, what = path.stem.split("-")
        path.with_suffix(".json").write_text(json.dumps({"person": who.upper(), "label": what}))
    manifest, _, _ = prepare(one_author)
    assert people(manifest) == ["ANN", "BOB", "CEM"]
    assert manifest["labels"] == ["row", "squat", "other"]
    for path in one_author.rglob("*.json"):
        path.unlink()
    rows = [f"{path.name},p{path.stem[:1]},{path.stem.split('-')[1]}" for path in one_author.rglob("*.rsf")]
    (one_author / "files.csv").write_text("\n".join(["file,person,label", *rows]))
    (tmp_path / "set").rename(tmp_path / "first")
    manifest, _, _ = prepare(one_author)
    assert people(manifest) == ["pa", "pb", "pc"]


def test_one_person_for_all_files_is_only_said_by_a_person(one_author):
    with pytest.raises(CommandError, match="one person"):
        prepare(one_author, "--person-from", "rsf", "--label-from", "folder")
    manifest, _, _ = prepare(one_author, "--person", "ann", "--label-from", "folder", "--split", "random")
    assert people(manifest) == ["ann"]


def test_what_is_missing_is_named(one_author):
    for more, said in (
        (["--person-pattern", "("], "not a regular expression"),
        (["--person-pattern", "ann"], "needs a group"),
        (["--person-pattern", "(nobody)"], "tells no person"),
        (["--person-from", "sidecar"], "tells no person"),
        (["--person-from", "column"], "a column subject"),
    ):
        with pytest.raises(CommandError, match=said):
            prepare(one_author, "--label-from", "folder", *more)


def test_a_copy_counts_as_the_first_ones(one_author):
    twin = one_author / "dia" / "squat" / "dia-squat.rsf"
    twin.parent.mkdir(parents=True)
    twin.write_bytes((one_author / "ann" / "squat" / "ann-squat.rsf").read_bytes())
    manifest, _, err = prepare(one_author, "--label-from", "folder", "--person-from", "folder")
    assert "copy of ann/squat/ann-squat.rsf" in err
    assert people(manifest) == ["ann", "bob", "cem"]


def test_a_unit_is_asked_and_answered_on_the_command_line(tmp_path):
    folder = tmp_path / "in"
    for n, who in enumerate(("ann", "bob", "cem")):
        rng = np.random.default_rng(n)
        t = np.arange(600) / 25
        acc = [rng.normal(0, 0.02, 600), rng.normal(0, 0.02, 600), 1 + 0.1 * np.sin(t)]
        gyr = [60 * np.sin(rng.uniform(1, 3) * t) for _ in "xyz"]
        (folder / who).mkdir(parents=True)
        for what in ("squat", "row"):
            text = table("t,Acc_X,Acc_Y,Acc_Z,Gyr_X,Gyr_Y,Gyr_Z", [t, *acc, *gyr])
            (folder / who / f"{what}.csv").write_text(text)
    given = ["--layout", "imu6", "--person-from", "folder", "--label-from", "file"]
    with pytest.raises(CommandError, match="unit of gyr_x"):
        prepare(folder, *given)
    manifest, _, _ = prepare(folder, *given, "--unit", "gyr=deg/s")
    assert people(manifest) == ["ann", "bob", "cem"]
    samples = np.load(tmp_path / "set" / "shards" / "ann" / "samples.npy")
    assert np.abs(samples[:, 3:]).max() == pytest.approx(60 * DEG, rel=0.05)
    assert samples[:, 2].mean() == pytest.approx(G, rel=0.05)
