"""Everyday movement joins a dataset of exercises by default: said everywhere, judged nowhere, left out when asked."""

import html

import numpy as np
import pytest
from django.core.management import call_command
from django.urls import reverse

from mlops.datasets.services.datasets import dataset_create, parameters_check
from mlops.datasets.services.files import dataset_path
from mlops.jobs.services.execution import job_execute_here
from mlops.kinds.exchange import Unfit, check_labels
from mlops.ml.artifact import read_manifest
from mlops.ml.sensors.dataset import EVERYDAY, load_windows, read_dataset
from mlops.ml.sensors.everyday import everyday_windows, of_people
from mlops.models import Run
from mlops.registry.services.artifacts import artifact_path
from mlops.tasks.services.tasks import label_set_create, task_create
from mlops.training.services.runs import run_create
from sessions.kinds import SensorClassification
from sessions.phase_kind import MovementPhase
from tests.workouts.test_learning import build, person

KIND = SensorClassification()


@pytest.fixture
def task(staff_user):
    """Two exercises; nobody ever labelled rest."""
    labels = label_set_create(
        name="Lifts", labels=[{"name": name} for name in ("squat", "row")], owner=staff_user, is_shared=True
    )
    return task_create(
        name="lifts",
        title="Lifts",
        kind="sensor_classification",
        owner=staff_user,
        label_set=labels,
        gates={"accuracy": 0.5},
        input={"layout": "imu6", "normalisation": "dataset", "stride_s": "2"},
    )


@pytest.fixture
def people(task, media):
    for name in ("a", "b", "c"):
        person(name)


def test_it_is_the_default_and_can_be_left_out(task, people, staff_user):
    assert parameters_check(KIND, {})["everyday_movement"] is True
    assert "everyday_movement" not in parameters_check(MovementPhase(), {})
    found = {}
    for everyday in (True, False):
        row = dataset_create(task=task, owner=staff_user, parameters={"everyday_movement": everyday})
        job_execute_here(pk=row.job_id)
        row.refresh_from_db()
        assert row.status == "ready", row.job.failure_reason
        found[everyday] = row
    joined, plain = found[True], found[False]
    assert joined.content_hash != plain.content_hash
    assert joined.facts["n_examples"] == plain.facts["n_examples"], "what is counted is people's own"
    assert joined.facts["per_label"] == plain.facts["per_label"]
    assert joined.subjects.count() == plain.subjects.count() == 3
    assert "generated" in joined.facts["added"][0]
    assert "everyday movement" in joined.job.result["text"]
    assert "added" not in plain.facts
    assert read_dataset(dataset_path(plain))["labels"] == ["squat", "row"]
    assert read_dataset(dataset_path(joined))["labels"] == ["squat", "row", "other"]


def test_an_old_build_keeps_its_meaning(task, people, tmp_path):
    built = build(task, tmp_path / "old")
    assert EVERYDAY not in read_dataset(tmp_path / "old")
    assert "added" not in built.facts
    again = parameters_check(KIND, KIND.retrain_parameters({"split": "subjects", "seed": 3}))
    assert again["everyday_movement"] is False
    assert KIND.retrain_parameters({"everyday_movement": True})["everyday_movement"] is True


def test_only_people_judge_each_in_turn(task, people, tmp_path):
    folder = tmp_path / "each"
    build(task, folder, split="each", everyday_movement=True)
    train = KIND.load(folder, "train")
    own = load_windows(folder, "train")
    assert of_people(train.groups).sum() == len(own)
    assert not of_people(train.groups).all()
    subject = own.groups[0]
    known, unseen = KIND.fold(folder, subject)
    assert set(unseen.groups) == {subject}
    assert subject not in known.groups
    assert (~of_people(known.groups)).sum() == (~of_people(train.groups)).sum()
    baseline = KIND.baseline(train, unseen)["baseline_accuracy"]
    assert baseline == KIND.baseline(own, unseen)["baseline_accuracy"] > 0


@pytest.mark.parametrize("split", ["each", "subjects"])
def test_a_version_says_what_was_added_and_is_judged_on_people_alone(task, people, staff_user, browse, split):
    row = dataset_create(task=task, owner=staff_user, parameters={"split": split})
    job_execute_here(pk=row.job_id)
    row.refresh_from_db()
    run = run_create(task=task, dataset=row, estimator="random_forest", owner=staff_user, config={"n_estimators": 20})
    job_execute_here(pk=run.job_id)
    run = Run.objects.select_related("job").get(pk=run.pk)
    assert run.job.status == "succeeded", f"{run.job.failure_reason} {run.job.log_tail}"
    version, (text,) = run.version, row.facts["added"]
    assert text in run.job.log_tail
    measured = version.metrics["measured_on"]
    assert set(measured["subjects"]) <= set(row.subjects.values_list("subject", flat=True))
    assert set(version.judged.values_list("subject", flat=True)) == set(measured["subjects"])
    manifest = read_manifest(artifact_path(version))
    assert manifest["labels"] == ["squat", "row", "other"]
    assert manifest["abstain_below"] >= 0
    assert manifest["data"]["added"] == [text]
    assert text in (artifact_path(version) / "README.md").read_text()
    life = everyday_windows(dataset_path(row), "fitted", raw=True)
    scores = KIND.scorer(artifact_path(version)).answer(life.x)
    assert (scores.argmax(axis=1) == 2).mean() > 0.8
    for url in (reverse("mlops:dataset", args=[row.pk]), reverse("mlops:version", args=[version.pk])):
        assert text in html.unescape(browse(staff_user).get(url).content.decode())


def test_a_version_that_knows_other_too_stays_comparable_and_can_be_imported(task):
    class Data:
        labels = ("squat", "row", "other")

    assert KIND.comparable({"labels": ["squat", "row"]}, Data()) == ""
    assert KIND.comparable({"labels": ["row", "squat"]}, Data())
    check_labels(task, ["squat", "row", "other"])
    for wrong in (["squat", "row", "jump"], ["squat", "row", "other", "rest"], ["squat", "row", "other", "other"]):
        with pytest.raises(Unfit):
            check_labels(task, wrong)


def test_the_command_says_it_and_takes_no(tmp_path, capsys):
    for more in ([], ["--no-everyday"]):
        call_command(
            "prepare_dataset", simulate=3, layout="imu6", output=tmp_path / f"set{len(more)}", stride=150,
            no_everyday=bool(more),
        )  # fmt: skip
        said = capsys.readouterr().out
        assert ("everyday movement were added" in said) is not bool(more)
    call_command(
        "train_exercise_classifier", data=tmp_path / "set0", output=tmp_path / "model", estimator="random_forest",
        option=["n_estimators=20"],
    )  # fmt: skip
    manifest = read_manifest(tmp_path / "model")
    assert manifest["guard"]
    assert 0 <= manifest["abstain_below"] <= 0.95
    assert "generated" in manifest["data"]["added"][0]
    assert np.asarray(manifest["guard"]["limits"]).shape == (1, 7)
