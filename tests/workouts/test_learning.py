"""What sensor models learn from: consent, confirmed labels, reviewed time, subjects kept apart."""

import json

import numpy as np
import pytest
from django.core.exceptions import ValidationError

from accounts.services.athletes import athlete_for
from mlops.ml.contract import NotEnoughData
from mlops.tasks.services.tasks import label_set_create, task_create
from sessions.kinds import SensorClassification
from sessions.models import SpanState
from sessions.services.workouts import workout_create
from tests.people import make_user
from tests.workouts.conftest import consent, label, make_recording

PARAMETERS = {"split": "subjects", "seed": 3, "balance": "none", "include_generated": True}
KIND = SensorClassification()


@pytest.fixture
def task(staff_user):
    labels = label_set_create(
        name="Three", labels=[{"name": n} for n in ("squat", "row", "other")], owner=staff_user, is_shared=True
    )
    return task_create(
        name="three",
        title="Three",
        kind="sensor_classification",
        owner=staff_user,
        label_set=labels,
        gates={"accuracy": 0.5},
        input={"layout": "imu6"},
    )


def person(name, *, teaches=True, **fields):
    """An athlete with 60 s: squat 0–20, row 20–40, nothing 40–60; reviewed."""
    athlete = athlete_for(make_user(name))
    if teaches:
        consent(athlete)
    row = make_recording(workout_create(athlete=athlete, title=name), **fields)
    label(row, 0, 20, "squat")
    label(row, 20, 40, "row")
    row.reviewed_at = row.created_at
    row.save(update_fields=["reviewed_at"])
    return athlete, row


def build(task, folder, **more):
    folder.mkdir(exist_ok=True)
    return KIND.build(task, PARAMETERS | more, folder, lambda done, total: None)


def test_input_is_checked(db):
    made = KIND.check_input({"layout": "imu6"})
    assert made["window_spec"] == {"rate_hz": 50.0, "length": 150, "stride": 50, "normalisation": "dataset"}
    assert made["chosen"].startswith("Chosen: 50 samples a second, from the layout; windows of 3 s")
    assert KIND.check_input(made) == made
    made = KIND.check_input(
        {"layout": "imu6", "rate_hz": "25", "window_s": "5", "stride_s": "0.5", "normalisation": "dataset"}
    )
    assert made["window_spec"] == {"rate_hz": 25.0, "length": 125, "stride": 12, "normalisation": "dataset"}
    for bad in (
        {},
        {"layout": "none"},
        {"layout": "imu6", "window_s": "x"},
        {"layout": "imu6", "rate_hz": "nan"},
        {"layout": "imu6", "normalisation": "odd"},
        {"layout": "imu6", "more": 1},
        {"layout": "imu6", "window_s": "inf"},
    ):
        with pytest.raises(ValidationError):
            KIND.check_input(bad)


def test_only_consenting_people_teach(task, media, tmp_path):
    for name in ("a", "b", "c"):
        person(name)
    silent, _ = person("d", teaches=False)
    built = build(task, tmp_path / "d")
    assert silent.pseudonym not in built.groups
    assert len(built.groups) == KIND.summary(task).n_groups == 3
    assert {group.part for group in built.groups.values()} == {"train", "val", "test"}
    manifest = (tmp_path / "d" / "manifest.json").read_text()
    assert "@example.org" not in manifest
    assert not {"a", "b", "c", "d"} & set(json.loads(manifest)["subjects"])


def test_reviewed_time_without_label_is_other(task, media, tmp_path):
    for name in ("a", "b", "c"):
        person(name)
    built = build(task, tmp_path / "d")
    counts = next(iter(built.facts["per_subject"].values()))
    assert set(counts) == {"squat", "row", "other"}
    train = KIND.load(tmp_path / "d", "train")
    assert train.x.shape[1:] == (150, 6)
    assert set(np.unique(train.y)) == {0, 1, 2}


def test_only_proposals_of_the_task_wait_for_it(task, media):
    _, row = person("ann")
    label(row, 42, 44, "row", state=SpanState.PROPOSED)
    label(row, 45, 47, "down", state=SpanState.PROPOSED)
    assert KIND.summary(task).n_proposed == 1


def test_proposed_and_rejected_labels_teach_nothing(task, media, tmp_path):
    rows = [person(name)[1] for name in ("a", "b", "c")]
    before = build(task, tmp_path / "before").facts["per_label"]
    for row in rows:
        label(row, 42, 58, "squat", state=SpanState.PROPOSED)
    after = build(task, tmp_path / "after").facts["per_label"]
    assert after["squat"] == before["squat"]
    assert after["other"] < before["other"]


def test_without_generated_recordings(task, media, tmp_path):
    person("a")
    person("b", source="generated")
    with pytest.raises(NotEnoughData, match="only one person"):
        build(task, tmp_path / "d", include_generated=False)
    built = build(task, tmp_path / "e")
    assert (built.facts["generated"], built.facts["n_generated_subjects"]) == (True, 1)
    assert "only two people" in built.facts["split"]["note"]


def test_random_split_tears_windows_and_says_so(task, media, tmp_path):
    person("a")
    built = build(task, tmp_path / "d", split="random")
    assert built.facts["split"]["leaky"]
    train, val = KIND.load(tmp_path / "d", "train"), KIND.load(tmp_path / "d", "val")
    assert len(train) + len(val) == built.facts["n_examples"]


def test_balance_is_for_training_only(task, media, tmp_path):
    for name in ("a", "b", "c"):
        person(name)
    build(task, tmp_path / "d", balance="downsample")
    assert len(set(np.bincount(KIND.load(tmp_path / "d", "train").y))) == 1


def test_the_order_of_people_does_not_change_the_hash(task, media, tmp_path):
    for name in ("a", "b", "c"):
        person(name)
    assert build(task, tmp_path / "x").content_hash == build(task, tmp_path / "y").content_hash


def test_nothing_to_learn_is_said_in_words(task, media, tmp_path):
    with pytest.raises(NotEnoughData):
        build(task, tmp_path / "d")
    assert KIND.summary(task).amounts == {}


def test_summary_counts_confirmed_seconds(task, media):
    person("a")
    assert KIND.summary(task).amounts == {"squat": 20.0, "row": 20.0}
