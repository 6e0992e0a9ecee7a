"""Retrain with corrections: one job, a dataset, a training and a comparison below it; never a promotion."""

from typing import Any

import numpy as np
import pytest
from django.urls import reverse
from django.utils import timezone

from mlops.jobs.services.execution import job_execute_here
from mlops.jobs.services.parents import parent_wake
from mlops.ml.sensors.dataset import load_windows
from mlops.models import Dataset, Job, ModelVersion, Run
from mlops.monitoring.selectors.live_accuracy import arms_compared, held_out_share, live_accuracy
from mlops.registry.services.promotion import current_champion, version_promote
from mlops.training.services.comparing import compare_versions, gain_text
from mlops.training.services.retraining import retrain_start
from tests.mlops.tiny import TinyKind
from web.refusals import Problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def champion(train: Any, staff: Any, monkeypatch: pytest.MonkeyPatch) -> ModelVersion:
    monkeypatch.setattr(TinyKind, "load_raw", lambda _, folder, part: load_windows(folder, part, raw=True))
    version = train()
    version_promote(version=version, by=staff, override=True, reason="first")
    return version


def run_all() -> None:
    """Every waiting job here, until none waits."""
    for _ in range(20):
        waiting = list(Job.objects.filter(status="queued").order_by("created_at"))
        if not waiting:
            return
        for job in waiting:
            job_execute_here(pk=job.pk)
    raise AssertionError("jobs wait for ever")


def test_without_a_champion_nothing_can_be_repeated(task, staff):
    with pytest.raises(Problem, match="no champion"):
        retrain_start(task=task, owner=staff)


def test_one_job_builds_trains_compares_and_promotes_nothing(champion, task, staff):
    job = retrain_start(task=task, owner=staff)
    assert retrain_start(task=task, owner=staff).pk == job.pk
    run_all()
    job.refresh_from_db()
    assert job.status == "succeeded", f"{job.failure_reason} {job.log_tail}"
    children = [child.kind for child in job.children.order_by("created_at")]
    assert children == ["dataset.build", "run.train"]
    version = ModelVersion.objects.get(pk=job.result["version"])
    assert (version.estimator, version.run.config) == (champion.estimator, champion.run.config)
    assert version.run.dataset.parameters == {**champion.run.dataset.parameters, "balance": "upsample"}
    assert current_champion(task) == champion.pk
    assert "It has not been promoted." in job.result["text"]
    assert job.result["nothing_new"]
    assert job.result["text"].startswith("There is no new data")
    assert job.result["url"] == reverse("mlops:version", args=[version.pk])


def test_somebody_more_is_something_new(champion, kind, task, staff):
    kind.subjects = (*kind.subjects, "pe")
    job = retrain_start(task=task, owner=staff)
    run_all()
    job.refresh_from_db()
    assert not job.result["nothing_new"]
    assert "no new data" not in job.result["text"]


def test_a_failed_training_fails_the_whole(champion, task, staff):
    job = retrain_start(task=task, owner=staff)
    job_execute_here(pk=job.pk)
    child = Job.objects.get(parent=job)
    job_execute_here(pk=child.pk)
    job_execute_here(pk=job.pk)
    run = Run.objects.get(job__parent=job)
    Job.objects.filter(pk=run.job_id).update(status="failed", failure_reason="No memory.", ended_at=timezone.now())
    parent_wake(pk=job.pk)
    run_all()
    job.refresh_from_db()
    assert (job.status, job.failure_code) == ("failed", "training_failed")
    assert "No memory." in job.failure_reason


def test_data_taken_back_meanwhile_stops_it(champion, task, staff):
    job = retrain_start(task=task, owner=staff)
    job_execute_here(pk=job.pk)
    job_execute_here(pk=Job.objects.get(parent=job).pk)
    Dataset.objects.filter(job__parent=job).update(status="redacted")
    run_all()
    job.refresh_from_db()
    assert (job.status, job.failure_code) == ("failed", "dataset_redacted")


def test_two_versions_meet_on_people_neither_learned_from(champion, train, monkeypatch):
    second = train(dataset=champion.run.dataset, epochs=2)
    monkeypatch.setattr(TinyKind, "load_raw", lambda _, folder, part: load_windows(folder, "train", raw=True))
    champion.run.dataset.subjects.update(part="test")
    found = compare_versions(champion=champion, challenger=second, dataset=second.run.dataset)
    gain, low, high = found["gain"]
    assert low <= gain <= high
    assert gain == pytest.approx(found["challenger"]["same"] - found["champion"]["same"])
    champion.run.dataset.subjects.update(part="train")
    found = compare_versions(champion=champion, challenger=second, dataset=second.run.dataset)
    assert found["gain"] is None
    assert "was trained on all" in found["why"]


def test_one_group_gives_no_interval_and_no_verdict(champion, train):
    second = train(dataset=champion.run.dataset, epochs=2)
    found = compare_versions(champion=champion, challenger=second, dataset=second.run.dataset)
    assert found["gain"][1:] == [None, None]
    assert found["better"] is None
    text = gain_text(second, found)
    assert " to " not in text
    assert text.endswith("for a verdict.")


def test_the_page_and_the_api_start_it(champion, task, staff, client):
    client.force_login(staff)
    page = client.get(reverse("mlops:task", args=[task.name])).content.decode()
    assert "Retrain with corrections" in page
    assert client.post(reverse("mlops:retrain", args=[task.name])).status_code == 302
    answer = client.post(reverse("mlops_api:task-retrain", args=[task.name]), {}, content_type="application/json")
    assert answer.status_code == 202
    assert Job.objects.filter(kind="task.retrain").count() == 1


def test_calibration_stands_on_the_versions_page(champion, staff, client):
    client.force_login(staff)
    bins = champion.metrics["calibration"]
    assert sum(one["n"] for one in bins) == champion.metrics["n"]
    page = client.get(reverse("mlops:version", args=[champion.pk])).content.decode()
    assert '<h2 id="calibration">Calibration</h2>' in page


def test_held_out_accuracy_has_an_interval(champion):
    share = held_out_share(champion)
    assert share.low <= share.value <= share.high
    assert share.value == pytest.approx(champion.metrics["accuracy"], abs=1e-6)
    assert not live_accuracy(champion).fell
    assert arms_compared(champion.task) is None
    assert np.isfinite(share.high)
