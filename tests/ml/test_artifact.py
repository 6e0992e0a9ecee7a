"""Artifacts are whole or absent, and one changed byte is refused."""

from __future__ import annotations

import multiprocessing
import os
import signal
from pathlib import Path

import pytest

from mlops.ml.artifact import artifact_names, content_hash, read_manifest, sweep_partials, write_artifact
from mlops.ml.contract import BadArtifact, BadValue, UnsafeFormat


def fill(folder: Path) -> None:
    (folder / "part").mkdir()
    (folder / "weights.npy").write_bytes(b"\x00" * 100)
    (folder / "part" / "note.md").write_text("hello")


@pytest.fixture
def artifact(tmp_path: Path) -> Path:
    return write_artifact(tmp_path, "model-1", fill, {"kind": "toy", "labels": ["ä", "b"]})


def test_manifest_names_every_file(artifact: Path) -> None:
    manifest = read_manifest(artifact)
    assert manifest["kind"] == "toy"
    assert manifest["labels"] == ["ä", "b"]
    assert manifest["format"] == 1
    assert manifest["files"]["weights.npy"]["size"] == 100
    assert set(manifest["files"]) == {"weights.npy", "part/note.md"}
    assert manifest["content_hash"] == content_hash(artifact)
    assert artifact_names(artifact.parent) == ["model-1"]


def test_an_existing_name_is_refused_and_unchanged(artifact: Path) -> None:
    before = read_manifest(artifact)
    with pytest.raises(BadArtifact, match="exists"):
        write_artifact(artifact.parent, "model-1", fill, {"kind": "other"})
    assert read_manifest(artifact) == before
    assert [p.name for p in artifact.parent.iterdir()] == ["model-1"]


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "x" * 101, "a b", "a\0"])
def test_impossible_names_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadArtifact):
        write_artifact(tmp_path, name, fill, {})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("where", ["weights.npy", "part/note.md", "manifest.json"])
def test_any_flipped_byte_is_refused(artifact: Path, where: str) -> None:
    path = artifact / where
    good = path.read_bytes()
    for position in range(0, len(good), max(1, len(good) // 40)):
        path.write_bytes(good[:position] + bytes([good[position] ^ 1]) + good[position + 1 :])
        with pytest.raises(BadArtifact):
            read_manifest(artifact)
    path.write_bytes(good[:-1])
    with pytest.raises(BadArtifact):
        read_manifest(artifact)
    path.write_bytes(good)
    read_manifest(artifact)


def test_missing_and_added_files_are_refused(artifact: Path) -> None:
    (artifact / "more.txt").write_text("x")
    with pytest.raises(BadArtifact, match="more.txt"):
        read_manifest(artifact)
    (artifact / "more.txt").unlink()
    (artifact / "weights.npy").unlink()
    with pytest.raises(BadArtifact, match="weights.npy"):
        read_manifest(artifact)
    (artifact / "manifest.json").unlink()
    with pytest.raises(BadArtifact):
        read_manifest(artifact, verify=False)


def test_what_could_run_code_is_not_kept(tmp_path: Path) -> None:
    for name in ("model.pkl", "model.pt", "run.py", "noending"):
        with pytest.raises(UnsafeFormat):
            write_artifact(tmp_path, "bad", lambda folder, name=name: (folder / name).write_bytes(b"x"), {})
    with pytest.raises(UnsafeFormat):
        write_artifact(tmp_path, "bad", lambda folder: (folder / "a.txt").symlink_to("/etc/passwd"), {})
    assert list(tmp_path.iterdir()) == []


def test_a_failing_writer_leaves_nothing(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        fill(folder)
        raise RuntimeError("disk full")

    with pytest.raises(RuntimeError):
        write_artifact(tmp_path, "half", fail, {})
    with pytest.raises(BadValue):
        write_artifact(tmp_path, "half", fill, {"accuracy": float("nan")})
    assert list(tmp_path.iterdir()) == []


def _write_for_ever(root: str, ready: multiprocessing.synchronize.Event) -> None:
    def slow(folder: Path) -> None:
        fill(folder)
        ready.set()
        signal.pause()

    write_artifact(Path(root), "killed", slow, {})


def test_killed_while_writing_leaves_nothing_visible(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    process = context.Process(target=_write_for_ever, args=(str(tmp_path), ready))
    process.start()
    assert ready.wait(60)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert artifact_names(tmp_path) == []
    assert not (tmp_path / "killed").exists()
    write_artifact(tmp_path, "killed", fill, {})
    read_manifest(tmp_path / "killed")
    assert sweep_partials(tmp_path) == 0  # too young to be swept
    assert sweep_partials(tmp_path, older_than_s=0) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["killed"]


def test_the_content_hash_ignores_the_manifest(artifact: Path, tmp_path: Path) -> None:
    other = write_artifact(tmp_path, "model-2", fill, {"kind": "something else"})
    assert content_hash(other) == content_hash(artifact)
