"""The second kind of question: a label for every sample, from Spans to a promoted model, by the engine's own path."""

import json

import numpy as np
import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from accounts.services.athletes import athlete_for
from mlops.datasets.services.datasets import dataset_create
from mlops.jobs.services.execution import job_execute_here
from mlops.kinds.base import task_kind
from mlops.models import Job, ModelVersion, Run
from mlops.registry.services.promotion import version_promote
from mlops.serving.services.versions import serving_forget
from mlops.tasks.services.tasks import label_set_create, task_create
from mlops.training.services.runs import run_create
from sessions.kinds import SensorClassification
from sessions.services.workouts import workout_create
from tests.mlops.test_exchange import uploaded
from tests.people import make_user
from tests.workouts.conftest import consent, label, make_recording

CONFIG = {"epochs": 3, "width": 8, "n_blocks": 2, "learning_rate": 0.02, "batch_size": 8}


@pytest.fixture
def task(staff_user):
    names = [{"name": n} for n in ("down", "up", "rest")]
    labels = label_set_create(name="Phases", labels=names, owner=staff_user, is_shared=True)
    return task_create(
        name="phases", title="Phases", kind="movement_phase", owner=staff_user, label_set=labels,
        gates={"accuracy": 0.1}, input={"layout": "imu6", "window_s": "1", "stride_s": "0.5"},
    )  # fmt: skip


def person(name):
    """60 s of a sine wave; down while it falls, up while it rises, rest in the last 10 s; an exercise over it."""
    athlete = athlete_for(make_user(name))
    consent(athlete)
    row = make_recording(workout_create(athlete=athlete, title=name))
    for number in range(8):
        middle = np.pi * (number + 0.5) * 2
        label(row, middle - np.pi / 2 * 2, middle, "down" if number % 2 else "up")
        label(row, middle, middle + np.pi, "up" if number % 2 else "down")
    label(row, 52, 60, "rest")
    label(row, 0, 50, "squat")
    return athlete, row


@pytest.fixture
def dataset(task, staff_user, media):
    for name in ("a", "b", "c", "d"):
        person(name)
    row = dataset_create(task=task, owner=staff_user, parameters={"split": "subjects", "seed": 1})
    job_execute_here(pk=row.job_id)
    row.refresh_from_db()
    return row


@pytest.fixture
def version(task, dataset, staff_user):
    run = run_create(task=task, dataset=dataset, estimator="phase_tcn", owner=staff_user, config=CONFIG)
    job_execute_here(pk=run.job_id)
    run = Run.objects.select_related("job").get(pk=run.pk)
    assert run.job.status == "succeeded", f"{run.job.failure_reason} {run.job.log_tail}"
    return run.version


def test_its_pages_are_the_engines_own(client, staff_user, task, version, dataset):
    assert version.metrics["accuracy"] > version.metrics["baseline_accuracy"] - 0.2
    assert version.metrics["accuracy_tolerant"] >= version.metrics["accuracy"]
    assert len(version.metrics["confusion"]) == 3
    assert dataset.facts["per_label"]["down"] > 0
    client.force_login(staff_user)
    for url in (
        reverse("mlops:task", args=[task.name]),
        reverse("mlops:dataset", args=[dataset.pk]),
        reverse("mlops:run", args=[version.run_id]),
        reverse("mlops:version", args=[version.pk]),
    ):
        response = client.get(url)
        assert response.status_code == 200, url
    assert b"Accuracy within 0.1 s" in response.content


def test_it_answers_with_runs_of_a_phase(client, staff_user, task, version):
    version_promote(version=version, by=staff_user, override=True, reason="A small world")
    serving_forget()
    client.force_login(staff_user)
    window = np.column_stack([np.sin(np.arange(50) / 50 + 1), *[np.zeros(50)] * 5]).tolist()
    response = client.post(
        f"/api/v1/tasks/{task.name}/predict/", json.dumps({"windows": [window]}), content_type="application/json"
    )
    assert response.status_code == 200, response.content
    (answer,) = response.json()["predictions"]
    phases = answer["answer"]["phases"]
    assert phases[0]["start_s"] == 0
    assert phases[-1]["end_s"] == pytest.approx(1.0)
    assert {one["label"] for one in phases} <= {"down", "up", "rest"}


def test_it_retrains_in_one_click(client, staff_user, task, version, monkeypatch):
    version_promote(version=version, by=staff_user, override=True, reason="A small world")
    monkeypatch.setattr("mlops.jobs.services.parents.job_deliver", lambda **_: True)
    client.force_login(staff_user)
    assert client.post(reverse("mlops:retrain", args=[task.name])).status_code == 302
    job = Job.objects.get(kind="task.retrain")
    for _ in range(6):
        for waiting in Job.objects.filter(status="queued").order_by("created_at"):
            job_execute_here(pk=waiting.pk)
    job.refresh_from_db()
    assert job.status == "succeeded", f"{job.failure_reason} {job.log_tail}"
    found = job.result["comparison"]
    assert found["challenger"]["version"] == version.number + 1
    gain, low, high = found["gain"]
    assert gain == pytest.approx(found["challenger"]["same"] - found["champion"]["same"])
    dataset = ModelVersion.objects.get(number=version.number + 1).run.dataset
    n_aside = dataset.subjects.filter(part="test").count()
    assert (low is None, high is None) == (n_aside == 1, n_aside == 1), "one person gives no interval"
    assert found["better"] is None
    assert found["champion"]["same"] == pytest.approx(version.metrics["accuracy"], abs=0.1)
    assert "It has not been promoted." in job.result["text"]


def test_it_travels_as_an_artifact(client, staff_user, task, version):
    client.force_login(staff_user)
    data = b"".join(client.get(f"/api/v1/versions/{version.pk}/folder/").streaming_content)
    upload = str(uploaded(staff_user, "phases.zip", data).pk)
    answer = client.post("/api/v1/versions/import/", {"task": "phases", "upload": upload}, "application/json")
    assert answer.status_code == 202, answer.json()
    job_execute_here(pk=answer.json()["job"])
    job = Job.objects.get(pk=answer.json()["job"])
    assert job.status == "succeeded", job.failure_reason
    made = ModelVersion.objects.get(pk=job.result["version"])
    assert made.estimator == "phase_tcn"
    assert made.metrics["accuracy"] == pytest.approx(version.metrics["accuracy"], abs=0.01)
    assert made.metrics["accuracy_tolerant"] >= made.metrics["accuracy"]
    answer = client.post("/api/v1/versions/remote/", {"task": "phases", "url": "https://x/"}, "application/json")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_remote")


def test_phases_and_exercises_on_one_recording_do_not_disturb_each_other(task, staff_user, media, tmp_path):
    for name in ("a", "b", "c"):
        person(name)
    names = [{"name": n} for n in ("squat", "row", "other")]
    labels = label_set_create(name="Exercises", labels=names, owner=staff_user, is_shared=True)
    other = task_create(
        name="exercises", title="Exercises", kind="sensor_classification", owner=staff_user, label_set=labels,
        input={"layout": "imu6"},
    )  # fmt: skip
    from sessions.models import Recording

    Recording.objects.update(reviewed_at="2026-01-01T00:00:00Z")
    (tmp_path / "set").mkdir()
    parameters = {"split": "subjects", "seed": 1, "balance": "none"}
    built = SensorClassification().build(other, parameters, tmp_path / "set", lambda done, total: None)
    assert built.facts["per_label"]["squat"] == 3 * 48  # every window of 0–50 s, whatever its phase
    assert built.facts["per_label"]["other"] > 0, "the rest of the phases is not a label of this question"
    folder = tmp_path / "phases"
    folder.mkdir()
    kind = task_kind("movement_phase")
    found = kind.build(task, parameters, folder, lambda done, total: None)
    assert set(found.facts["per_label"]) == {"down", "up", "rest"}
    assert kind.load(folder, "train").labels == ("down", "up", "rest")


@pytest.mark.parametrize("balance", ["downsample", "upsample"])
def test_windows_of_many_labels_cannot_be_balanced(task, staff_user, media, balance):
    with pytest.raises(ValidationError) as refused:
        dataset_create(task=task, owner=staff_user, parameters={"split": "random", "balance": balance})
    assert refused.value.error_dict["balance"][0].code == "unknown_field"
    assert task_kind("movement_phase").retrain_parameters({"seed": 1, "balance": balance}) == {"seed": 1}
