"""Pushing to and pulling from a hub over HTTP, against a local server that speaks its API."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mlops.ml.artifact import write_artifact
from mlops.ml.contract import BadArtifact, BadValue, UnsafeFormat, Windows
from mlops.ml.folders import CodeNotAllowed
from mlops.ml.hub import Hub, HubError, check_repository, check_revision, fetch, inspect, push
from mlops.ml.published import ALLOWED, RULES, read_folder, restore_network, write_folder
from mlops.ml.registry import estimator_class
from tests.hub_server import HubServer

LABELS = ("still", "swing")
SPEC = {"rate_hz": 10.0, "length": 20, "stride": 10, "normalisation": "none"}
LAYOUT = {"name": "two", "channels": [{"name": "a", "unit": "g"}, {"name": "b", "unit": "g"}], "rate_hz": 10}


@pytest.fixture(scope="module")
def trained():
    """A tiny bidirectional LSTM and some windows."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(12, 20, 2)).astype(np.float32)
    data = Windows(x, np.arange(12) % 2, np.array(["p"] * 12), LABELS)
    found = estimator_class("bilstm")
    estimator = found(found.Config(epochs=1, hidden_size=4, num_layers=1, num_heads=1))
    estimator.fit(data)
    return estimator, x


@pytest.fixture(scope="module")
def artifact(trained, tmp_path_factory) -> Path:
    estimator, _ = trained
    from dataclasses import asdict

    def fill(directory: Path) -> None:
        estimator.save(directory)
        estimator.export_onnx(directory / "model.onnx")

    manifest = {
        "estimator": "bilstm", "config": asdict(estimator.config), "labels": list(LABELS), "window_spec": SPEC,
        "layout": LAYOUT, "scaler": None, "metrics": {"accuracy": 0.9, "per_class": []}, "dataset_hash": "d" * 64,
    }  # fmt: skip
    return write_artifact(tmp_path_factory.mktemp("models"), "one", fill, manifest)


@pytest.fixture
def folder(artifact: Path, tmp_path: Path) -> Path:
    out = tmp_path / "folder"
    out.mkdir()
    assert write_folder(artifact, out)
    (out / "README.md").write_text("---\nlicense: apache-2.0\n---\n# Card\n")
    return out


@pytest.fixture
def server():
    with HubServer() as running:
        yield running


@pytest.fixture
def hub(server) -> Hub:
    return Hub(server.endpoint, "hf_write", timeout_s=2)


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_published_folder_loads_through_auto_model_and_answers_alike(trained, folder):
    import torch
    from transformers import AutoModel

    import mlops.ml.sensors.pretrained as pretrained

    estimator, x = trained
    model = AutoModel.from_pretrained(folder)
    assert type(model) is pretrained.SensorClassifier
    expected = estimator.predict_proba(x)
    with torch.no_grad():
        np.testing.assert_allclose(torch.softmax(model(torch.from_numpy(x)).logits, 1), expected, atol=1e-6)
    best = model.classify(x)[0][0]
    assert best["label"] == LABELS[expected[0].argmax()]
    assert best["score"] == pytest.approx(float(expected[0].max()), abs=1e-6)


def test_save_pretrained_and_read_again(tmp_path):
    from mlops.ml.sensors.pretrained import SensorClassifier

    model = SensorClassifier(input_size=3, hidden_size=8, num_layers=1, num_classes=4)
    model.save_pretrained(tmp_path)
    again = SensorClassifier.from_pretrained(tmp_path)
    assert all((a == b).all() for a, b in zip(model.parameters(), again.parameters(), strict=True))


def test_restoring_gives_the_same_model(trained, folder, tmp_path):
    estimator, x = trained
    out = tmp_path / "native"
    out.mkdir()
    published = read_folder(folder)
    assert published.claimed == {"accuracy": 0.9}
    restore_network(published, out)
    again = estimator_class("bilstm").load(out)
    np.testing.assert_allclose(again.predict_proba(x), estimator.predict_proba(x), atol=1e-7)
    assert (out / "model.onnx").is_file()


def test_push_then_pull_pinned_to_the_commit(hub, server, folder, tmp_path):
    pushed = push(hub, folder, "me/squats", private=True, message="First")
    assert server.repositories["me/squats"].private
    server.repositories["me/squats"].commit({"README.md": b"changed later"})
    listing = inspect(hub, "me/squats", pushed.commit, rules=RULES)
    assert listing.commit == pushed.commit
    out = tmp_path / "pulled"
    out.mkdir()
    seen = []
    fetch(hub, listing, out, on_bytes=lambda done, total: seen.append((done, total)))
    assert files_of(out) == files_of(folder)
    assert seen[-1] == (listing.n_bytes, listing.n_bytes)
    assert inspect(hub, "me/squats", rules=RULES).commit != pushed.commit


def test_only_allowed_files_are_fetched(hub, server, folder, tmp_path):
    server.add("me/more", {**files_of(folder), "pytorch_model.bin": b"\x80\x02", "notes.txt": b"x", "a/b.json": b"{}"})
    listing = inspect(hub, "me/more", rules=RULES)
    assert {file.name for file in listing.files} <= set(ALLOWED)
    out = tmp_path / "pulled"
    out.mkdir()
    fetch(hub, listing, out)
    assert not any("bin" in path for _, path in server.requests)


@pytest.mark.parametrize(
    "name", ["https://hub.example/me/x", "../etc", "a/b/c", "a" * 97, "me/" + "a" * 95, "", "me/x.git", "me/..", "-a/b"]
)
def test_bad_repository_names(name):
    with pytest.raises(BadValue):
        check_repository(name)


@pytest.mark.parametrize("name", ["../main", "a b", "x" * 101])
def test_bad_revisions(name):
    with pytest.raises(BadValue):
        check_revision(name)


@pytest.mark.parametrize(
    ("files", "error"),
    [
        ({"modeling.py": b"import os"}, CodeNotAllowed),
        ({"config.json": b'{"auto_map": {"AutoModel": "x.Y"}}'}, CodeNotAllowed),
    ],
)
def test_code_is_refused(hub, server, folder, files, error):
    server.add("me/code", {**files_of(folder), **files})
    with pytest.raises(error):
        inspect(hub, "me/code", rules=RULES)


def test_pickles_alone_are_unsafe(hub, server):
    server.add("me/old", {"config.json": b"{}", "pytorch_model.bin": b"\x80\x02"})
    with pytest.raises(UnsafeFormat):
        inspect(hub, "me/old", rules=RULES)
    server.add("me/empty", {"README.md": b"hello"})
    with pytest.raises(BadArtifact):
        inspect(hub, "me/empty", rules=RULES)


@pytest.mark.parametrize("damage", ["truncated", "flipped"])
def test_damaged_weights_are_refused(folder, damage):
    data = bytearray((folder / "model.safetensors").read_bytes())
    if damage == "truncated":
        del data[-10:]
    else:
        data[-3] ^= 1
    (folder / "model.safetensors").write_bytes(data)
    with pytest.raises(BadArtifact):
        read_folder(folder)
    own = json.loads((folder / "fitbalance.json").read_text())
    own.pop("files")
    (folder / "fitbalance.json").write_text(json.dumps(own))
    if damage == "truncated":
        with pytest.raises(BadArtifact):
            read_folder(folder)


@pytest.mark.parametrize(
    ("fault", "code", "transient"),
    [
        ("429", "rate_limited", True),
        ("500", "hub_unreachable", True),
        ("timeout", "hub_timeout", True),
        ("reset", "hub_unreachable", True),
        ("garbage", "hub_garbage", False),
    ],
)
def test_a_hub_in_trouble(hub, server, folder, fault, code, transient):
    server.add("me/x", files_of(folder))
    server.fault = fault
    hub = replace(hub, timeout_s=0.3)
    looks = lambda: inspect(hub, "me/x", rules=RULES)  # noqa: E731
    pushes = lambda: push(hub, folder, "me/x", private=False, message="x")  # noqa: E731
    for attempt in (looks, pushes):
        with pytest.raises(HubError) as caught:
            attempt()
        assert (caught.value.code, caught.value.is_transient) == (code, transient)
    if fault == "429":
        assert caught.value.retry_after_s == 7


def test_what_is_missing_or_forbidden(hub, server, folder):
    server.add("me/private", files_of(folder), private=True)
    cases = [
        (hub, "me/nothing", "main", "repository_unknown", 404),
        (replace(hub, token=""), "me/private", "main", "token_needed", 401),
        (replace(hub, token="hf_wrong"), "me/private", "main", "token_needed", 401),
        (hub, "me/private", "v9", "revision_unknown", 404),
    ]
    for who, name, revision, code, status in cases:
        with pytest.raises(HubError) as caught:
            inspect(who, name, revision, rules=RULES)
        assert (caught.value.code, caught.value.status) == (code, status)
    with pytest.raises(HubError, match="HF_TOKEN"):
        push(replace(hub, token=""), folder, "me/new", private=False, message="x")
    with pytest.raises(HubError) as caught:
        push(hub, folder, "others/new", private=False, message="x")
    assert caught.value.code == "token_needed"


def test_a_hub_that_is_away(folder):
    with pytest.raises(HubError) as caught:
        inspect(Hub("http://127.0.0.1:9", timeout_s=1), "me/x", rules=RULES)
    assert caught.value.code == "hub_unreachable"


def test_lying_sizes_and_full_disks(hub, server, folder, tmp_path, monkeypatch):
    server.add("me/x", files_of(folder))
    listing = inspect(hub, "me/x", rules=RULES)
    short = replace(listing, files=tuple(replace(file, size=file.size - 1) for file in listing.files))
    with pytest.raises(HubError, match="damaged"):
        fetch(hub, short, tmp_path)
    import shutil
    from collections import namedtuple

    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(1, 1, 0))
    with pytest.raises(HubError) as caught:
        fetch(hub, listing, tmp_path)
    assert caught.value.code == "disk_full"
