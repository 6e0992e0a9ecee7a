"""What the kind of videos adds to the life that every kind lives: blocks of time, files, features, its queue."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from django.core.exceptions import ValidationError
from django.http import Http404

from mlops.kinds.base import task_kind
from mlops.kinds.questions import Payload
from mlops.ml.contract import NotEnoughData, ignore
from mlops.models import ReviewItem
from sessions.selectors.video_features import EmptyShelf, plan_of, shelf, shelf_register, video_windows
from tests.kinds.houses import HOUSES
from tests.kinds.life import life_of, succeeded

pytestmark = pytest.mark.django_db
BUILD = {"split": "subjects", "seed": 1, "val_ratio": 0.15, "test_ratio": 0.15, "balance": "none"}


@pytest.fixture
def house():
    return HOUSES["video_task"]()


def task_for(house, labels=("idle", "squat"), **form):
    kind = house.kind
    return SimpleNamespace(
        label_set=SimpleNamespace(names=list(labels)), input=kind.check_input({**house.form, **form})
    )  # fmt: skip


def built(house, folder, *, keep, **options):
    """A dataset of some of the videos."""
    own = shelf()
    rows = list(own.teaching())[:keep]
    own.teaching = lambda: rows
    folder.mkdir()
    parameters = {**BUILD, "include_generated": False, **options}
    return house.kind.build(task_for(house), parameters, folder, ignore)


def test_one_video_is_cut_into_blocks_that_lie_apart(house, tmp_path):
    found = built(house, tmp_path / "one", keep=1)
    parts = {group.part for group in found.groups.values()}
    assert parts == {"train", "val", "test"} or parts == {"train", "val"}
    assert len(found.groups) == 3
    assert {group.owner for group in found.groups.values()} == {house.people[0].pseudonym}
    assert "blocks of time" in found.facts["split"]["note"]
    times = []
    for name in sorted(found.groups):
        stretches = json.loads((tmp_path / "one" / "shards" / name / "stretches.json").read_text())
        times.append((stretches[0][1], stretches[-1][1] + stretches[-1][0] / 8.0))
    gaps = [later[0] - earlier[1] for earlier, later in zip(times, times[1:], strict=False)]
    assert min(gaps) >= 2.0 - 0.2, gaps


def test_three_videos_stay_whole(house, tmp_path):
    found = built(house, tmp_path / "three", keep=3)
    assert sorted(found.groups) == [f"{i:032x}" for i in range(3)]
    assert "blocks" not in found.facts["split"]["note"]


def test_the_scaler_knows_training_alone(house, tmp_path):
    found = built(house, tmp_path / "set", keep=6)
    kind, folder = house.kind, tmp_path / "set"
    scaler = kind.manifest(folder)["scaler"]
    raw = kind.load_raw(folder, "train").x
    assert raw.mean(axis=(0, 1)) == pytest.approx(np.array(scaler["mean"]), abs=1e-3)
    held_out = next(name for name, group in found.groups.items() if group.part == "train")
    known, unseen = kind.fold(folder, held_out)
    assert np.abs(known.x.mean(axis=(0, 1))).max() < 0.05
    assert set(unseen.groups) == {held_out}


def test_videos_of_nobody_are_generated_and_say_so(house, tmp_path):
    shelf_register(EmptyShelf())
    task = task_for(house)
    summary = house.kind.summary(task)
    assert summary.n_generated == summary.n_groups > 5
    (tmp_path / "set").mkdir()
    found = house.kind.build(task, {**BUILD, "include_generated": True}, tmp_path / "set", ignore)
    assert found.facts["generated"]
    assert all(group.rights for group in found.groups.values())
    with pytest.raises(NotEnoughData):
        house.kind.build(task, {**BUILD, "include_generated": False}, tmp_path / "none", ignore)


def test_what_is_asked_and_refused(house):
    kind, user, task = house.kind, house.people[0].user, task_for(house)
    for data in ({}, {"windows": [], "features": "x"}, {"features": "x", "more": 1}):
        with pytest.raises(ValidationError):
            kind.read_question(task, Payload(data), user)
    for key in ("nobody", f"{1:032x}"):
        with pytest.raises(Http404):
            kind.read_question(task, Payload({"features": key}), user)
    for form in ({"detector": "eyes"}, {"window_s": "-1"}, {"rate_hz": "many"}, {"colour": "red"}):
        with pytest.raises(ValidationError):
            task_for(house, **form)


def test_a_model_without_a_plan_is_asked_about_files_all_the_same(house):
    kind, task = house.kind, task_for(house)
    known = kind.known(task)
    n = len(known["layout"]["channels"])
    manifest = {**known, "scaler": {"mean": [0.0] * n, "std": [1.0] * n}}
    video = next(iter(shelf().teaching()))
    with_plan = video_windows(video, manifest)
    del manifest["plan"]
    assert plan_of(manifest).detector == "mediapipe"
    assert np.array_equal(with_plan.values, video_windows(video, manifest).values)
    assert with_plan.at(1).start_s == pytest.approx(0.5, abs=0.2)


def test_its_queue_offers_windows_without_a_label_and_keeps_decisions(browse, api, monkeypatch):
    life = life_of(HOUSES["video_task"], browse, api, monkeypatch)
    life.make()
    life.promote(life.train())
    assert life.api.post(f"/api/v1/tasks/{life.name}/review/").status_code == 202
    succeeded()
    items = ReviewItem.objects.filter(task=life.task)
    assert items.exists()
    assert all(item.start_s >= 10 for item in items), "what is labelled is not asked again"
    ReviewItem.objects.update(n_wanted=1, claimed_by=None, claimed_until=None)
    item = items.first()
    said = life.api.post(
        f"/api/v1/review-items/{item.pk}/decide/", {"action": "correct", "label": "squat"}, format="json"
    )
    assert said.status_code == 200, said.content
    assert shelf().decided == [("correct", "squat")]


def test_it_needs_the_consent_for_landmarks():
    assert task_kind("video_task").learning_scope == "sensor"
