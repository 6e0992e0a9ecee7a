"""Real people's days teach a model: recorded, consented, built, trained, judged; and taken out again."""

import re
from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone

from accounts.models import Athlete, ConsentKind, LearningScope, Role
from accounts.services.consent import consent_grant, consent_withdraw
from accounts.services.erase import erase_account
from burnout.models import CheckIn, Outcome
from mlops.datasets.models import DatasetStatus
from mlops.datasets.services.datasets import dataset_create
from mlops.datasets.services.files import dataset_path
from mlops.jobs.services import delivery, jobs
from mlops.jobs.services.execution import job_execute_here
from mlops.models import Dataset, Job, ModelVersion
from mlops.tasks.services.tasks import task_create
from mlops.training.services.runs import run_create
from tests.mlops.test_exchange import uploaded
from tests.people import make_user

N_DAYS = 150


@pytest.fixture
def staff(db, monkeypatch):
    for module in (delivery, jobs):
        monkeypatch.setattr(module, "job_deliver", lambda **_: True)
    return make_user("staff", role=Role.ML_STAFF)


@pytest.fixture
def task(staff):
    return task_create(
        name="injury-real", title="Injury, from our teams", kind="outcome_risk", owner=staff,
        input={"outcome": "injury"}, gates={"c_index": 0.6},
    )


def person(number, *, n_injuries=2, consents=True):
    """Nobody measures HRV; before an injury the load is high for a month."""
    rng = np.random.default_rng(number)
    user = make_user(f"real-{number}", time_zone="UTC")
    athlete = Athlete.objects.create(user=user, pseudonym=f"p{number:010d}")
    begin = timezone.now().date() - timedelta(days=N_DAYS)
    injuries = [50, 120][:n_injuries]
    rows = []
    for i in range(N_DAYS):
        hard = any(0 <= at - i < 35 for at in injuries)
        rows.append(CheckIn(
            athlete=athlete, day=begin + timedelta(days=i), stress=int(rng.integers(2, 6)), mood=4, fatigue=4,
            soreness=5 if hard else 3, sleep_quality=4, sleep_hours=round(float(rng.normal(7.2, 0.5)), 1),
            workload=float(rng.normal(600 if hard else 300, 60)), resting_hr=60 + float(rng.normal(0, 1)),
        ))
    CheckIn.objects.bulk_create(rows)
    for at in injuries:
        day = begin + timedelta(days=at)
        Outcome.objects.create(
            athlete=athlete, kind="injury", began_on=day, ended_on=day + timedelta(days=7), judged_by="professional"
        )
    if consents:
        consent_grant(athlete=athlete, kind=ConsentKind.LEARNING, scope=LearningScope.DAYS, by=athlete.user)
    return athlete


def built(task, staff):
    dataset = dataset_create(task=task, owner=staff, parameters={"include_generated": False})
    job_execute_here(pk=dataset.job_id)
    return Dataset.objects.select_related("job").get(pk=dataset.pk)


def test_from_recorded_outcomes_to_a_version_and_out_again(
    task, staff, client, django_capture_on_commit_callbacks
):
    people = [person(number, n_injuries=2 if number < 12 else 0) for number in range(15)]
    private = person(90, consents=False)
    dataset = built(task, staff)
    assert dataset.status == DatasetStatus.READY, dataset.job.failure_reason
    named = set(dataset.subjects.values_list("subject", flat=True))
    assert named == {one.pseudonym for one in people}
    assert private.pseudonym not in named
    assert dataset.facts["sources"] == {
        "recorded people": 15, "generated people": 0, "answered days": 15 * N_DAYS, "outcomes": 24,
    }  # fmt: skip
    assert not dataset.facts["generated"]

    run = run_create(task=task, dataset=dataset, estimator="cox_ph", owner=staff)
    job_execute_here(pk=run.job_id)
    version = ModelVersion.objects.filter(run=run).first()
    assert version is not None, Job.objects.get(pk=run.job_id).failure_reason
    assert version.metrics["c_index"] > 0.6
    assert version.gates["c_index"]["passed"]
    assert not version.is_generated
    from mlops.ml.artifact import read_manifest
    from mlops.registry.services.artifacts import artifact_path

    manifest = read_manifest(artifact_path(version))
    assert "cox_hazard_ratios.png" in manifest["files"]
    assert not manifest["generated"]
    client.force_login(staff)
    lineage = client.get(f"/ml/versions/{version.pk}/").content.decode().split('id="lineage"')[1].split("</section>")[0]
    named = re.findall("<dt>(.*?)</dt>", lineage)
    assert len(named) == len(set(named)), "nothing is said twice"
    assert {"Recorded people", "Generated people", "Answered days", "Outcomes"} <= set(named)

    gone, erased = people[0], people[1]
    with django_capture_on_commit_callbacks(execute=True):
        consent_withdraw(athlete=gone, kind=ConsentKind.LEARNING, scope=LearningScope.DAYS, by=gone.user)
    for pk in Job.objects.filter(kind="subject.redact", status="queued").values_list("pk", flat=True):
        job_execute_here(pk=pk)
    erase_account(user=erased.user, by=erased.user)
    shards = {path.name for path in (dataset_path(dataset) / "shards").iterdir()}
    assert shards == {one.pseudonym for one in people[2:]}
    dataset.refresh_from_db()
    version.refresh_from_db()
    assert dataset.status == DatasetStatus.REDACTED
    assert version.retrain_due_at is not None
    assert CheckIn.objects.filter(athlete=gone).count() == N_DAYS  # the days stay the person's own
    again = built(task, staff)
    assert set(again.subjects.values_list("subject", flat=True)) == {one.pseudonym for one in people[2:]}


def test_a_model_of_real_days_travels_and_is_evaluated_again(task, staff, client):
    for number in range(15):
        person(number, n_injuries=2 if number < 12 else 0)
    dataset = built(task, staff)
    run = run_create(task=task, dataset=dataset, estimator="cox_ph", owner=staff)
    job_execute_here(pk=run.job_id)
    version = ModelVersion.objects.get(run=run)
    client.force_login(staff)
    data = b"".join(client.get(f"/api/v1/versions/{version.pk}/folder/").streaming_content)
    upload = str(uploaded(staff, "risk.zip", data).pk)
    answer = client.post("/api/v1/versions/import/", {"task": task.name, "upload": upload}, "application/json")
    assert answer.status_code == 202, answer.json()
    job_execute_here(pk=answer.json()["job"])
    job = Job.objects.get(pk=answer.json()["job"])
    assert job.status == "succeeded", job.failure_reason
    made = ModelVersion.objects.get(pk=job.result["version"])
    assert made.metrics["c_index"] == pytest.approx(version.metrics["c_index"])
    assert made.metrics["claimed"]["c_index"] == version.metrics["c_index"]


def test_too_few_outcomes_are_refused_with_a_sentence(task, staff, client):
    for number in range(3):
        person(number)
    dataset = built(task, staff)
    assert dataset.status != DatasetStatus.READY
    client.force_login(staff)
    assert "450 sources from 3 people" in client.get("/ml/tasks/injury-real/").content.decode()
    words = "6 recorded outcomes are too few to train on; at least 20 of this kind are needed"
    assert words in dataset.job.failure_reason


def test_nobody_consents(task, staff, client):
    client.force_login(staff)
    person(0, consents=False)
    assert "No training data yet" in client.get("/ml/tasks/injury-real/").content.decode()
    dataset = built(task, staff)
    assert "No one has shared 14 days of check-ins for training yet" in dataset.job.failure_reason
