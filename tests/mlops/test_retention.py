"""Ended jobs go after a while, and only those that nothing names any more."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from mlops.jobs.chores import chores
from mlops.jobs.services import retention
from mlops.jobs.services.retention import jobs_trim
from mlops.models import Dataset, DriftReport, HubPush, Job, JobStatus, LabelSet, ModelVersion, Run, Study, Task
from sessions.models.features import FeatureDataset, FeatureFile, FeatureModel
from sessions.models.form import FormReport
from sessions.models.video import Video

pytestmark = pytest.mark.django_db

OLD = timedelta(days=91)
VIDEOS = ("video", "features", "windows", "classifier", "form")


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    monkeypatch.setattr(retention, "PAUSE_S", 0)


@pytest.fixture
def ended():
    """ended(status="failed", age=timedelta(days=91), kind="test.write") → a job that ended so long ago."""

    def make(status: str = JobStatus.SUCCEEDED, age: timedelta = OLD, kind: str = "test.write", **more) -> Job:
        at = timezone.now() - age
        job = Job.objects.create(kind=kind, title="A job", status=status, ended_at=at, **more)
        Job.objects.filter(pk=job.pk).update(created_at=at)
        return job

    return make


def left() -> set:
    return set(Job.objects.values_list("pk", flat=True))


@pytest.mark.parametrize("status", ["succeeded", "failed", "errored", "cancelled"])
def test_a_job_goes_when_its_time_is_over(ended, status):
    ended(status)
    young = ended(status, timedelta(days=89))
    jobs_trim()
    assert left() == {young.pk}
    jobs_trim()
    assert left() == {young.pk}


def test_the_time_is_a_setting(ended, settings):
    settings.JOBS_KEEP_DAYS = 7
    ended(age=timedelta(days=8))
    young = ended(age=timedelta(days=6))
    jobs_trim()
    assert left() == {young.pk}


def test_open_jobs_stay_however_old(ended):
    kept = {ended(status, timedelta(days=900)).pk for status in ("queued", "running", "cancelling")}
    jobs_trim()
    assert left() == kept


def test_what_a_row_names_stays(ended, staff_user):
    """The relations are the model's own: one that is added needs a row here, or nothing shows that it holds."""
    task = Task.objects.create(name="t", title="T", kind="tiny", label_set=LabelSet.objects.create(name="L"))
    jobs = {name: ended() for name in ("dataset", "run", "study", "drift report", "push", "parent", *VIDEOS)}
    dataset = Dataset.objects.create(task=task, job=jobs["dataset"])
    run = Run.objects.create(task=task, dataset=dataset, job=jobs["run"], estimator="tiny")
    version = ModelVersion.objects.create(task=task, number=1, run=run, estimator="tiny", artifact_hash="0")
    Study.objects.create(task=task, dataset=dataset, job=jobs["study"], estimator="tiny", n_trials=1)
    now = timezone.now()
    DriftReport.objects.create(task=task, version=version, job=jobs["drift report"], period_from=now, period_to=now)
    HubPush.objects.create(title="t v1", repository="me/t", endpoint="https://hub.example", job=jobs["push"])
    video = Video.objects.create(owner=staff_user, rights="ours", title="v", job=jobs["video"])
    FeatureFile.objects.create(owner=staff_user, video=video, name="v.parquet", job=jobs["features"])
    windows = FeatureDataset.objects.create(owner=staff_user, job=jobs["windows"])
    FeatureModel.objects.create(owner=staff_user, dataset=windows, model_type="rf", job=jobs["classifier"])
    FormReport.objects.create(owner=staff_user, video=video, job=jobs["form"])
    child = ended(age=timedelta(days=1), parent=jobs["parent"])
    named = {
        field.related_model
        for field in Job._meta.get_fields(include_hidden=True)
        if field.auto_created and not field.concrete
    }
    of_videos = {Video, FeatureFile, FeatureDataset, FeatureModel, FormReport}
    assert named == {Dataset, Run, Study, DriftReport, HubPush, Job} | of_videos
    ended()
    jobs_trim()
    assert left() == {child.pk, *(job.pk for job in jobs.values())}
    assert ModelVersion.objects.get().run == run


def test_a_parent_goes_after_its_last_part(ended):
    parent = ended()
    child = ended(parent=parent)
    jobs_trim()
    assert left() == {parent.pk}, f"{child.pk} still named it"
    jobs_trim()
    assert left() == set()


def test_of_repeated_work_the_newest_stays(ended):
    def day(n: int, key: str, **more) -> Job:
        return ended(age=timedelta(days=100 + n), kind="drift.measure", dedupe_key=key, **more)

    kept = {day(0, f"drift.measure:{task}", is_engine=True).pk for task in "ab"}
    for n in (1, 2):
        day(n, "drift.measure:a", is_engine=True)
    day(3, "live.store:1")  # once a stream, of a person: as many as there are streams
    jobs_trim()
    assert left() == kept


def test_few_rows_at_a_time_and_not_all_in_one_go(ended, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    monkeypatch.setattr(retention, "MOST_BATCHES", 2)
    oldest = [ended(age=OLD + timedelta(days=n)).pk for n in range(5)]
    with CaptureQueriesContext(
        connection,
    ) as queries:
        jobs_trim()
    deleting = [one["sql"] for one in queries if one["sql"].startswith('DELETE FROM "mlops_job"')]
    assert len(deleting) == 2
    assert left() == {oldest[0]}, "the youngest waits for the next go"
    jobs_trim()
    assert left() == set()


def test_the_sweeper_does_it():
    (chore,) = [one for one in chores() if one.run is jobs_trim]
    assert chore.every_s == 600
