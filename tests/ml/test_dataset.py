"""Shards, manifests and hashes of sensor datasets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mlops.ml.contract import BadValue, NotEnoughData
from mlops.ml.sensors.dataset import (
    LabelledSeries,
    ShardFacts,
    load_windows,
    read_dataset,
    remove_subject,
    window_label,
    write_manifest,
    write_subject_shard,
)
from mlops.ml.sensors.online import OnlineWindower
from mlops.ml.windows import WindowSpec

SPEC = WindowSpec(rate_hz=50, length=100, stride=50, normalisation="dataset")
LABELS = ("squat", "row", "other")
LAYOUT = {"name": "toy", "channels": ["a", "b"], "rate_hz": 50}


def series(seed: int, *, seconds: float = 20, reviewed: bool = True) -> LabelledSeries:
    rng = np.random.default_rng(seed)
    t = np.cumsum(rng.uniform(0.015, 0.026, int(seconds * 50)))
    spans = [(0.0, 6.0, "squat"), (10.0, 16.0, "row")]
    return LabelledSeries(t, rng.normal(size=(len(t), 2)).astype(np.float32), spans, f"r{seed}", reviewed)


def build(folder: Path, subjects: dict[str, str], order: list[str] | None = None) -> dict:
    facts: list[ShardFacts] = [
        write_subject_shard(folder, name, [series(n), series(n + 50)], SPEC, LABELS, "other")
        for n, name in sorted(enumerate(sorted(subjects)), key=lambda pair: (order or sorted(subjects)).index(pair[1]))
    ]
    return write_manifest(folder, spec=SPEC, labels=LABELS, layout=LAYOUT, parts=subjects, facts=facts, kind="toy")


def test_a_window_takes_the_label_that_covers_it() -> None:
    spans = [(0.0, 5.0, "squat"), (5.0, 9.0, "row")]
    rule = dict(reviewed=False, other=None)
    assert window_label(1, 3, spans, **rule) == "squat"
    assert window_label(4.5, 6.5, spans, **rule) is None  # a quarter squat, three quarters row
    assert window_label(4.6, 7.6, spans, **rule) == "row"  # 2.6 of 3 s
    assert window_label(10, 12, spans, **rule) is None
    assert window_label(10, 12, spans, reviewed=True, other="other") == "other"
    assert window_label(10, 12, spans, reviewed=True, other=None) is None


def test_the_scaler_knows_only_the_training_subjects(tmp_path: Path) -> None:
    manifest = build(tmp_path, {"p1": "train", "p2": "val", "p3": "test"})
    samples = np.load(tmp_path / "shards/p1/samples.npy")
    assert np.allclose(manifest["scaler"]["mean"], samples.mean(axis=0), atol=1e-5)
    train, test = load_windows(tmp_path, "train"), load_windows(tmp_path, "test")
    assert set(train.groups) == {"p1"}
    assert set(test.groups) == {"p3"}
    assert train.x.shape[1:] == (100, 2)
    assert set(np.unique(train.y)) == {0, 1, 2}


def test_the_hash_does_not_depend_on_the_order_of_writing_but_on_every_sample(tmp_path: Path) -> None:
    subjects = {"p1": "train", "p2": "test"}
    first = build(tmp_path / "a", subjects)["content_hash"]
    assert build(tmp_path / "b", subjects, ["p2", "p1"])["content_hash"] == first
    assert build(tmp_path / "c", {"p1": "test", "p2": "train"})["content_hash"] != first
    path = tmp_path / "b/shards/p1/samples.npy"
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)
    from mlops.ml.sensors.dataset import shards_hash

    assert shards_hash(tmp_path / "b", LABELS, SPEC, subjects) != first


def test_windows_are_those_of_the_live_path(tmp_path: Path) -> None:
    one = series(3)
    write_subject_shard(tmp_path, "p1", [one], SPEC, LABELS, "other")
    facts = [ShardFacts("p1", 1)]
    write_manifest(tmp_path, spec=SPEC, labels=LABELS, layout=LAYOUT, parts={"p1": "train"}, facts=facts)
    offline = load_windows(tmp_path, "train", raw=True)
    windower = OnlineWindower(SPEC, 2)
    online = [w for i in range(0, len(one.t_s), 7) for w in windower.push(one.t_s[i : i + 7], one.samples[i : i + 7])]
    kept = [
        w.x for w in online if window_label(w.start_s, w.end_s, one.spans, reviewed=True, other="other") is not None
    ]
    assert len(kept) == len(offline)
    assert np.allclose(np.stack(kept), offline.x, atol=1e-6)


def test_a_removed_subject_is_gone(tmp_path: Path) -> None:
    build(tmp_path, {"p1": "train", "p2": "train"})
    assert remove_subject(tmp_path, "p2")
    assert not remove_subject(tmp_path, "p2")
    assert set(load_windows(tmp_path, "train").groups) == {"p1"}
    assert "p2" in read_dataset(tmp_path)["subjects"]
    remove_subject(tmp_path, "p1")
    with pytest.raises(NotEnoughData):
        load_windows(tmp_path, "train")


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".", "x" * 65])
def test_a_subject_cannot_leave_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadValue):
        write_subject_shard(tmp_path, name, [series(1)], SPEC, LABELS)
    assert not remove_subject(tmp_path, name)


def test_too_short_or_unlabelled_makes_no_shard(tmp_path: Path) -> None:
    short = LabelledSeries(np.arange(50) / 50, np.zeros((50, 2), np.float32), [(0, 1, "squat")], "s")
    assert write_subject_shard(tmp_path, "p1", [short], SPEC, LABELS).n_windows == 0
    assert not (tmp_path / "shards").exists()
