"""Everyday movement is taught beside a dataset, and what is fitted and judged on is never what was taught."""

import numpy as np
import pytest

from mlops.ml.contract import NotEnoughData, Windows
from mlops.ml.sensors.dataset import (
    EVERYDAY,
    LabelledSeries,
    load_windows,
    raw_by_subject,
    read_dataset,
    remove_subject,
    write_manifest,
    write_subject_shard,
)
from mlops.ml.sensors.everyday import (
    abstention_asked,
    everyday_windows,
    everyday_write,
    labels_with_other,
    of_people,
    with_everyday,
)
from mlops.ml.sensors.everyday.devices import OwnLook, see_posture, unknown_channels
from mlops.ml.sensors.everyday.families import PARTS, families_for
from mlops.ml.sensors.everyday.fitting import raised
from mlops.ml.sensors.everyday.library import sessions
from mlops.ml.sensors.layouts import ACC3, FLEXTAIL, GYR3, HEART_RATE, IMU6, IMU9, side_by_side
from mlops.ml.windows import WindowSpec

SPEC = WindowSpec(50, 100, 50, "dataset")
LABELS = ("curl", "press")


def channels_of(layout):
    return [(channel.name, channel.unit) for channel in layout.channels]


def recording(seed, n_channels, rest_value):
    """30 s of a curl and 30 s of a press: strokes of two paces on channels around `rest_value`."""
    rng = np.random.default_rng(seed)
    t_s = np.arange(3000) / 50
    x = rest_value + 0.02 * rng.standard_normal((3000, n_channels))
    x[:1500] += 2 * np.sin(2 * np.pi * 0.5 * t_s[:1500, None] + np.arange(n_channels))
    x[1500:] += 2 * np.sin(2 * np.pi * 1.1 * t_s[1500:, None] - np.arange(n_channels))
    return LabelledSeries(t_s, x.astype(np.float32), [(0, 30, "curl"), (30, 60, "press")], str(seed))


def dataset(folder, layout=IMU6, *, everyday=True, labels=LABELS, seed=0):
    channels = channels_of(layout)
    at_rest = np.array([9.81 if name.endswith("z") and unit == "m/s²" else 0.0 for name, unit in channels])
    parts = {"pa": "train", "pb": "train", "pc": "val", "pd": "test"}
    facts = [
        write_subject_shard(folder, name, [recording(number, len(channels), at_rest)], SPEC, labels)
        for number, name in enumerate(parts)
    ]
    more = {}
    if everyday:
        labels = labels_with_other(labels)
        more[EVERYDAY] = everyday_write(
            folder, subjects=["pa", "pb"], labels=labels, channels=channels, spec=SPEC, seed=seed
        )
    return write_manifest(folder, spec=SPEC, labels=labels, layout=layout.to_dict(), parts=parts, facts=facts, **more)


def test_the_parts_share_no_kind_of_movement():
    names = [family.name for part in PARTS.values() for family in part]
    assert len(names) == len(set(names))


def test_a_movement_that_is_a_label_is_not_taught_as_other():
    taught = {family.name for family in families_for("taught", ["walking_fast", "seated_row", "squat"])}
    assert "walking" not in taught
    assert {"sitting", "standing", "eating"} <= taught


def test_a_sensor_without_posture_is_not_taught_what_only_posture_tells_apart():
    blind = families_for("taught", [], posture=see_posture(channels_of(GYR3)))
    assert not any(family.regular for family in blind)
    for layout in (ACC3, IMU6, FLEXTAIL):
        assert any(family.regular for family in families_for("taught", [], posture=see_posture(channels_of(layout))))


@pytest.mark.parametrize("layout", [IMU6, IMU9, ACC3, GYR3, FLEXTAIL, side_by_side(IMU6)], ids=lambda one: one.name)
def test_every_layout_of_movement_is_rendered_in_its_own_units(layout):
    channels = channels_of(layout)
    own = np.zeros((4, 100, len(channels))) + 0.01 * np.random.default_rng(0).standard_normal((4, 100, len(channels)))
    look = OwnLook.of(own, np.zeros(4, np.int64), channels)
    made = list(sessions("taught", 3, channels=channels, look=look, spec=SPEC, labels=(), seed=1))
    for samples in made:
        assert samples.shape[1] == len(channels)
        assert samples.dtype == np.float32
        assert np.isfinite(samples).all()
        assert (samples.std(axis=0) > 0).all()
    again = list(sessions("taught", 3, channels=channels, look=look, spec=SPEC, labels=(), seed=1))
    assert all(np.array_equal(one, two) for one, two in zip(made, again, strict=True))
    acc = [n for n, (name, unit) in enumerate(channels) if unit == "m/s²"][:3]
    if acc:
        lengths = [np.linalg.norm(samples[:, acc], axis=1).mean() for samples in made]
        assert all(8.0 < length < 14.0 for length in lengths)


def test_noise_gain_and_posture_are_those_of_the_datasets_own_sensors():
    channels = [("acc_x", "g"), ("acc_y", "g"), ("acc_z", "g")]
    rng = np.random.default_rng(3)
    own = np.array([0.0, 0.97, 0.0]) + 0.004 * rng.standard_normal((40, 100, 3))
    look = OwnLook.of(own, np.zeros(40, np.int64), channels)
    assert look.noise == pytest.approx(np.full(3, 0.004), rel=0.2)
    assert look.gain[0] == pytest.approx(0.97, abs=0.01)
    assert not len(look.postures), "a label that keeps still is a hold: its posture is nobody's rest"
    own[:, :, 0] += 0.3 * np.sin(np.arange(100) / 3)
    look = OwnLook.of(own, np.zeros(40, np.int64), channels)
    assert look.postures[0] == pytest.approx([0.0, 0.97, 0.0], abs=0.05)
    means = np.stack(
        [s.mean(axis=0) for s in sessions("taught", 30, channels=channels, look=look, spec=SPEC, labels=(), seed=0)]
    )
    towards = (means / np.linalg.norm(means, axis=1, keepdims=True)) @ np.array([0.0, 1.0, 0.0])
    assert np.mean(towards > 0.7) > 0.3  # many are worn as the own ones are …
    assert np.mean(towards < 0.5) > 0.15  # … and many are not


def test_a_channel_that_is_no_movement_is_left_alone_and_said(tmp_path):
    assert unknown_channels(channels_of(HEART_RATE)) == ["bpm", "rr"]
    manifest = dataset(tmp_path, HEART_RATE)
    assert manifest[EVERYDAY]["n_windows"] == 0
    assert "bpm" in manifest[EVERYDAY]["text"]
    assert not (tmp_path / EVERYDAY).exists()
    assert everyday_windows(tmp_path, "taught") is None


def test_it_teaches_and_never_judges(tmp_path):
    manifest = dataset(tmp_path)
    own = load_windows(tmp_path, "train")
    taught = with_everyday(own, tmp_path)
    more = taught.take(~of_people(taught.groups))
    assert len(more) == manifest[EVERYDAY]["n_windows"] >= 200
    assert {taught.labels[label] for label in more.y} == {"other"}
    assert np.array_equal(taught.x[: len(own)], own.x)
    for part in ("val", "test"):
        assert of_people(load_windows(tmp_path, part).groups).all()
    assert {name for name, _, _ in raw_by_subject(tmp_path)} == {"pa", "pb", "pc", "pd"}
    assert "generated" in manifest[EVERYDAY]["text"]


def test_the_hash_names_the_library_and_old_datasets_keep_theirs(tmp_path):
    hashes = {}
    for name, options in {
        "plain": {"everyday": False},
        "labelled": {"everyday": False, "labels": (*LABELS, "other")},
        "joined": {},
        "again": {},
        "other seed": {"seed": 1},
    }.items():
        hashes[name] = dataset(tmp_path / name, **options)["content_hash"]
    assert hashes["joined"] == hashes["again"]
    assert len(set(hashes.values())) == 4
    # the digest of a dataset without a library is what it always was
    assert hashes["plain"] == "e1fb0f8cabd7a950fa92d7cd81eee415b8d1d71c92a8daac5980e0223bd078e2"


def test_erasing_a_person_leaves_nothing_of_them(tmp_path):
    dataset(tmp_path)
    remove_subject(tmp_path, "pa")
    groups = with_everyday(load_windows(tmp_path, "train"), tmp_path).groups
    assert {name[:2] for name in groups[of_people(groups)]} == {"pb"}


def test_one_persons_windows_can_still_be_kept_apart(tmp_path):
    """Estimators choose by groups left out: without blocks, leaving the only person out would leave no exercise."""
    dataset(tmp_path)
    taught = with_everyday(load_windows(tmp_path, subjects=["pa"]), tmp_path)
    names = set(taught.groups[of_people(taught.groups)])
    assert len(names) == 4
    for name in names:
        assert set(taught.y[taught.groups != name]) == {0, 1, 2}


def test_the_scale_of_people_is_not_touched(tmp_path):
    with_it, without = dataset(tmp_path / "a"), dataset(tmp_path / "b", everyday=False)
    assert with_it["scaler"] == without["scaler"]


def test_abstention_is_fitted_on_held_out_people_and_the_library(tmp_path):
    dataset(tmp_path)
    held_out = load_windows(tmp_path, "val")

    def ask(x):
        """Sure of people's own windows; of everything else it says "curl" with 0.7."""
        proba = np.full((len(x), 3), 0.02)
        proba[np.arange(len(held_out)), held_out.y] = 0.96
        proba[len(held_out) :] = (0.7, 0.2, 0.1)
        return proba

    told = abstention_asked(tmp_path, held_out, ask)
    assert told["guard"]
    assert 0.0 <= told["abstain_below"] <= 0.95


def test_the_threshold_rises_while_a_session_would_be_announced():
    sure, hardly = np.full(100, 0.9), np.linspace(0.3, 0.6, 100)
    named, confidence, heard = np.zeros(9, np.int64), np.full(9, 0.75), np.ones(9, bool)
    one, several = np.array(["~0"] * 9), np.array(["~0", "~0", "~1"] * 3)
    assert 0.75 < raised(0.5, sure, named, confidence, heard, one) < 0.77
    assert raised(0.5, sure, named, confidence, heard, several) == 0.7, "three in a row of one session announce"
    assert raised(0.5, sure, named, confidence, ~heard, one) == 0.7, "nothing is named that it is hardly sure of …"
    assert raised(0.2, hardly, named, confidence, heard, one) < 0.4, "… unless it is hardly ever sure of its own"
    assert raised(0.8, sure, named, confidence, heard, one) == 0.8


def test_a_model_that_never_saw_rest_leaves_everyday_life_unnamed(tmp_path):
    from mlops.ml.registry import estimator_class

    dataset(tmp_path)
    estimator = estimator_class("random_forest")(labels=labels_with_other(LABELS))
    estimator.fit(with_everyday(load_windows(tmp_path, "train"), tmp_path), seed=0)
    test = load_windows(tmp_path, "test")
    assert (estimator.predict_proba(test.x).argmax(axis=1) == test.y).mean() > 0.9
    unseen = everyday_windows(tmp_path, "fitted")
    assert (estimator.predict_proba(unseen.x).argmax(axis=1) == unseen.y).mean() > 0.9


def test_a_dataset_without_it_is_as_before(tmp_path):
    dataset(tmp_path, everyday=False)
    assert EVERYDAY not in read_dataset(tmp_path)
    assert everyday_windows(tmp_path, "taught") is None
    own = load_windows(tmp_path, "train")
    assert with_everyday(own, tmp_path) is own
    with pytest.raises(NotEnoughData):
        load_windows(tmp_path, "nobody")
    assert isinstance(own, Windows)
