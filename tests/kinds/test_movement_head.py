"""What the kind of movement adds: its questions, who makes the vectors, and commands that need no worker."""

from io import StringIO
from types import SimpleNamespace

import numpy as np
import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.http import Http404

from mlops.kinds.questions import Payload
from mlops.ml.contract import ignore
from mlops.ml.hosting.errors import ModelUnavailable
from mlops.ml.parts.store import PartMissing
from mlops.ml.vision.movement.embedding import MOTIONBERT, STATISTICS
from mlops.ml.vision.task_generator import Video, write_video
from sessions.services import movement
from tests.kinds.houses import HOUSES

pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    return HOUSES["movement_head"]()


def manifest_of(house, **form):
    kind = house.kind
    labels = SimpleNamespace(names=["idle", "squat"])
    return kind.known(SimpleNamespace(label_set=labels, input=kind.check_input(form)))


def test_each_question_has_its_usual_windows(house):
    of = house.kind.check_input
    assert of({}) == {"question": "exercise", "embedding": STATISTICS, "window_s": 3.0, "step_s": 1.0}
    assert of({"question": "phase"})["window_s"] == 0.6
    assert of({"question": "technique", "window_s": ""})["window_s"] == 0.0
    for wrong in ({"question": "mood"}, {"embedding": "openpose"}, {"window_s": "-1"}, {"step_s": "x"}, {"colour": 1}):
        with pytest.raises(ValidationError):
            of(wrong)


def test_stretches_are_asked_by_their_times(house):
    kind, user = house.kind, house.people[0].user
    asked = kind.read_question(None, Payload({"features": f"{0:032x}", "spans": [[1, 4], [7, 10]]}), user)
    assert asked.who == house.people[0].pseudonym
    inputs = asked.inputs(manifest_of(house))
    assert [(inputs.at(n).start_s, inputs.at(n).end_s) for n in range(len(inputs))] == [(1, 4), (7, 10)]
    whole = kind.read_question(None, Payload({"features": f"{0:032x}"}), user)
    assert len(whole.inputs(manifest_of(house))) > 10
    with pytest.raises(ValidationError, match="which stretches"):
        whole.inputs(manifest_of(house, question="technique"))


def test_what_is_refused(house):
    kind, user = house.kind, house.people[0].user
    vector = [[0.0] * 170]
    for data in ({}, {"inputs": vector, "features": "x"}, {"inputs": vector, "spans": [[0, 1]]}, {"x": 1},
                 {"features": f"{0:032x}", "spans": [[3, 2]]}, {"features": f"{0:032x}", "spans": "all"}):  # fmt: skip
        with pytest.raises(ValidationError):
            kind.read_question(None, Payload(data), user)
    with pytest.raises(Http404):
        kind.read_question(None, Payload({"features": f"{1:032x}"}), user)
    for inputs in ([[1.0]], [], "many"):
        with pytest.raises(ValidationError):
            kind.read_inputs(inputs, manifest_of(house))


def test_motionbert_is_asked_through_the_models_server(house, tmp_path, monkeypatch):
    kind, user = house.kind, house.people[0].user
    asked = kind.read_question(None, Payload({"features": f"{0:032x}", "spans": [[1, 4]]}), user)
    manifest = manifest_of(house, embedding=MOTIONBERT)
    assert len(manifest["features"]) == 512
    with pytest.raises(ValidationError, match="own/motionbert-lite.*pose_statistics"):
        asked.inputs(manifest)
    monkeypatch.setattr(movement, "store", lambda: SimpleNamespace(find=lambda name: tmp_path))
    keys = []

    def remote(key):
        keys.append(key)
        return SimpleNamespace(answer=lambda requests: [{"embedding": np.ones(512)} for _ in requests])

    monkeypatch.setattr(movement, "remote_scorer", remote)
    assert asked.inputs(manifest).values.shape == (1, 512)
    assert keys == ["part:motionbert-lite"]

    def away(requests):
        raise ModelUnavailable("nobody listens")

    monkeypatch.setattr(movement, "remote_scorer", lambda key: SimpleNamespace(answer=away))
    with pytest.raises(ValidationError, match="nobody listens"):
        asked.inputs(manifest)


def test_a_dataset_without_weights_says_so(house, tmp_path):
    kind = house.kind
    labels = SimpleNamespace(names=["idle", "squat"])
    task = SimpleNamespace(label_set=labels, input=kind.check_input({"embedding": MOTIONBERT}))
    build = {"split": "subjects", "seed": 1, "val_ratio": 0.15, "test_ratio": 0.15, "balance": "none"}
    with pytest.raises(PartMissing, match="pose_statistics needs no weights"):
        kind.build(task, {**build, "include_generated": False}, tmp_path, ignore)


def test_from_feature_files_to_a_head_by_commands(tmp_path):
    bouts = [("idle", 6.0), ("squat", 6.0)] * 2
    paths = [str(write_video(tmp_path / f"{i}.parquet", Video(f"v{i}", i, 24.0, 8.0, bouts))) for i in range(4)]
    out, err = StringIO(), StringIO()
    file, head = str(tmp_path / "e.parquet"), str(tmp_path / "head")
    call_command("embed_videos", "--features", *paths, "--output", file, stdout=out, stderr=err)
    assert "4 clips by pose_statistics" in out.getvalue()
    call_command(
        "train_action_head", "--embeddings", file, "--output", head, "--epochs", "10", stdout=out, stderr=err
    )  # fmt: skip
    assert "1 of 4 clips held out" in out.getvalue()
    assert "generated" in err.getvalue()
    assert (tmp_path / "head" / "manifest.json").is_file()
    embed = ["embed_videos", "--features", *paths]
    for again in ([*embed, "--output", file], ["train_action_head", "--embeddings", file, "--output", head],
                  [*embed, "--with", "motionbert-lite", "--output", f"{file}2"]):  # fmt: skip
        with pytest.raises(CommandError):
            call_command(*again, stdout=out, stderr=err)
