"""Examples of each type: read when asked for, padded, handed to another process; and what several heads answer."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlops.ml import registry
from mlops.ml.bases.images import Images
from mlops.ml.bases.items import ArrayItems, FileItems, FlatItems, write_flat
from mlops.ml.contract import BadArtifact, BadShape, BadValue, NotEnoughData
from mlops.ml.handover import FACTS, read_examples, write_examples
from mlops.ml.heads import heads_of
from mlops.ml.registry import data_type_of, domains, register
from tests.ml import toys
from tests.ml.toys import TOYS, ToyConfig


def fitted(name: str, **config: Any) -> Any:
    cls, make_data, usual = TOYS[name]
    estimator = cls(ToyConfig(**{**usual, **config}))
    estimator.fit(make_data(0), validation=make_data(1), seed=1)
    return estimator


def test_files_are_read_when_they_are_asked_for_and_not_before(tmp_path: Path) -> None:
    read: list[str] = []

    def load(path: Path) -> np.ndarray:
        read.append(path.name)
        return np.load(path)

    pictures = toys.images(0)
    paths = [tmp_path / f"{i}.npy" for i in range(len(pictures))]
    for path, item in zip(paths, pictures.items, strict=True):
        np.save(path, item)
    lazy = Images(FileItems(paths, load), pictures.y, pictures.groups, pictures.labels)
    half = lazy.take(lazy.groups < "g3")
    assert not read
    assert half.batch(np.arange(2))["input"].shape == (2, 3, 8, 8)
    assert read == ["0.npy", "1.npy"]
    cls, _, usual = TOYS["toy_image"]
    one, other = cls(ToyConfig(**usual)), cls(ToyConfig(**usual))
    one.fit(lazy, seed=1)
    other.fit(pictures, seed=1)
    asked = toys.images(2)
    assert np.array_equal(one.answer(asked)["probabilities"], other.answer(asked)["probabilities"])


def test_sequences_are_padded_to_the_longest_of_the_batch() -> None:
    data = toys.repetitions(0)
    lengths = [len(data.load(i)) for i in range(4)]
    batch = data.batch(np.arange(4))
    assert batch["input"].shape == (4, max(lengths), 4, 3)
    assert batch["mask"].sum(axis=1).tolist() == lengths
    assert not batch["input"][~batch["mask"]].any()


def test_texts_are_bytes_and_an_empty_one_is_no_error() -> None:
    batch = toys.texts(0).take(np.arange(1)).batch(np.arange(1))
    assert batch["input"].min() > 0
    empty = toys.Texts(("", "ɛ"), None, np.array(["a", "b"]))
    assert empty.batch(np.arange(2))["mask"].sum(axis=1).tolist() == [1, 2]


@pytest.mark.parametrize("name", TOYS)
def test_any_examples_can_be_handed_to_another_process(name: str, tmp_path: Path) -> None:
    data = TOYS[name][1](0)
    write_examples(data, tmp_path / "data")
    found = read_examples(tmp_path / "data")
    assert type(found) is type(data)
    which = np.asarray([3, 0, 5])
    for mine, theirs in ((data, found), (data.take(which), found.take(which))):
        for key, values in mine.batch(np.arange(3)).items():
            np.testing.assert_array_equal(theirs.batch(np.arange(3))[key], values)
    assert found.labels == data.labels
    assert {spec.name for spec in fields(found)} == {spec.name for spec in fields(data)}
    assert {path.suffix for path in tmp_path.rglob("*") if path.is_file()} <= {".npy", ".json"}
    (tmp_path / "data" / FACTS).write_text("{}")
    with pytest.raises(BadArtifact):
        read_examples(tmp_path / "data")


def test_items_on_disk_are_refused_when_they_do_not_belong_together(tmp_path: Path) -> None:
    write_flat(ArrayItems([np.ones((2, 2, 3))]), tmp_path)
    assert FlatItems.open(tmp_path).load(0).shape == (2, 2, 3)
    np.save(tmp_path / "shapes.npy", np.array([[2, 2, 4]]))
    with pytest.raises(BadArtifact):
        FlatItems.open(tmp_path)


def test_several_heads_learn_side_by_side() -> None:
    estimator = fitted("toy_repetition", epochs=40)
    asked = toys.repetitions(2)
    found = estimator.answer(asked)
    assert set(found) == {"exercise_probabilities", "score_value", "angles_value", "phase_probabilities"}
    assert (found["exercise_probabilities"].argmax(1) == asked.y["exercise"]).mean() > 0.9
    known = np.isfinite(asked.y["score"])
    assert np.abs(found["score_value"][known, 0] - asked.y["score"][known]).mean() < 15
    assert np.abs(found["angles_value"] - asked.y["angles"]).mean() < 5
    there = asked.y["phase"] >= 0
    assert (found["phase_probabilities"].argmax(2) == asked.y["phase"])[there].mean() > 0.8


@pytest.mark.parametrize("name", ["toy_row", "toy_gaussian_row"])
def test_intervals_hold_the_truth_about_as_often_as_they_say(name: str) -> None:
    cls, _, usual = TOYS[name]
    estimator = cls(ToyConfig(**{**usual, "epochs": 30, "batch_size": 32, "learning_rate": 0.01}))
    estimator.fit(toys.rows(0, 800), seed=1)
    asked = toys.rows(2, 2000)
    found = estimator.answer(asked)
    inside = (found["low"][:, 0] <= asked.y) & (asked.y <= found["high"][:, 0])
    assert 0.82 < inside.mean() < 0.96
    assert np.abs(found["value"][:, 0] - asked.y).mean() < 8


def test_a_network_may_write_text() -> None:
    estimator = fitted("toy_spelling", epochs=120, width=16)
    asked = toys.spoken(2)
    assert (estimator.answer(asked)["text"] == asked.y).mean() > 0.7


def test_truth_that_does_not_fit_is_refused() -> None:
    data = toys.repetitions(0)
    with pytest.raises(BadShape):
        toys.Sequences(data.items, {"score": np.zeros(3)}, data.groups)
    short = toys.Sequences(data.items, {"score": np.full(len(data), np.nan)}, data.groups)
    cls, _, usual = TOYS["toy_repetition"]
    with pytest.raises(NotEnoughData):
        cls(ToyConfig(**usual)).fit(short)
    with pytest.raises(BadValue):
        heads_of(data, interval="certain")


def test_an_app_says_once_what_its_estimators_learn_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_ESTIMATORS", dict(registry._ESTIMATORS))
    monkeypatch.setattr(registry, "_DATA_TYPES", dict(registry._DATA_TYPES))
    register("toys", "toy_image", "tests.ml.toys:ToyImage", data_type="images")
    assert domains()["toys"] == data_type_of("toy_image") == "images"
    with pytest.raises(BadValue):
        register("toys", "toy_text", "tests.ml.toys:ToyText", data_type="texts")
