"""Room on the disk: promised before it is used, to one at a time, and so much for each account."""

import threading
import time
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connections
from django.utils import timezone

from mlops.jobs.kinds import job_kind
from mlops.jobs.models import Job, JobStatus
from mlops.jobs.services.execution import job_execute_here, space_key
from mlops.jobs.services.jobs import job_create
from mlops.jobs.services.promises import promises_end
from web.models import SpacePromise, Upload
from web.refusals import Problem
from web.registries import storage
from web.selectors.uploads import uploads_missing_bytes
from web.services import space
from web.services.housekeeping import house_keep
from web.services.space import account_of, account_require, space_promised, words
from web.services.uploads import upload_create

MARGIN = 1000


@pytest.fixture(autouse=True)
def disk(monkeypatch, settings):
    """A disk of 10,000 bytes beside the margin."""
    settings.DISK_MARGIN_BYTES = MARGIN
    made = SimpleNamespace(free=MARGIN + 10_000)
    monkeypatch.setattr(space.shutil, "disk_usage", lambda path: made)
    return made


def refused(**given) -> Problem:
    with pytest.raises(Problem) as caught, space_promised(hold_s=60, **given):
        pass
    assert (caught.value.status, caught.value.code) == (507, "insufficient_storage")
    return caught.value


@pytest.mark.django_db
def test_what_one_was_promised_nobody_else_gets():
    with space_promised(key="a", n_bytes=6000, hold_s=60):
        assert "only 4.0 kB is available" in refused(key="b", n_bytes=4001).detail
        with space_promised(key="b", n_bytes=4000, hold_s=60):
            refused(key="c", n_bytes=1)
            with space_promised(key="d", n_bytes=0, hold_s=60):
                pass
    with space_promised(key="c", n_bytes=10_000, hold_s=60):
        pass
    assert not SpacePromise.objects.exists()


@pytest.mark.django_db
def test_a_promise_ends_with_an_error_and_is_made_anew_by_the_next_attempt():
    with pytest.raises(ValueError, match="broken"), space_promised(key="a", n_bytes=6000, hold_s=60):
        raise ValueError("broken")
    SpacePromise.objects.create(key="a", n_bytes=6000, until=timezone.now() + timedelta(hours=1))  # its process died
    with space_promised(key="a", n_bytes=9000, hold_s=60):
        assert SpacePromise.objects.get().n_bytes == 9000


@pytest.mark.django_db
def test_a_promise_does_not_outlive_its_time():
    SpacePromise.objects.create(key="dead", n_bytes=9000, until=timezone.now() - timedelta(seconds=1))
    house_keep()
    assert not SpacePromise.objects.exists()


@pytest.mark.django_db
def test_uploads_are_promises_of_what_is_still_to_come(athlete_user, other_athlete_user, settings, disk):
    settings.UPLOAD_PART_BYTES = 1000
    upload = upload_create(owner=athlete_user, filename="a.csv", size=6000)
    with pytest.raises(Problem) as caught:
        upload_create(owner=other_athlete_user, filename="b.csv", size=4001)
    assert (caught.value.status, caught.value.code) == (507, "insufficient_storage")
    refused(key="job", n_bytes=4001)
    upload.parts.create(number=0)
    assert uploads_missing_bytes() == 5000
    with space_promised(key="job", n_bytes=5000, hold_s=60), pytest.raises(Problem):
        upload_create(owner=other_athlete_user, filename="b.csv", size=1)


@pytest.mark.django_db(transaction=True)
def test_two_at_once_never_both_take_the_last_byte(athlete_user):
    given, refusals = [], []
    gate = threading.Barrier(4)

    def ask(n: int) -> None:
        try:
            gate.wait()
            with space_promised(key=f"one-{n}", n_bytes=6000, hold_s=60):
                given.append(n)
                time.sleep(0.5)
        except Problem as refusal:
            refusals.append(refusal.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(given) == 1
    assert refusals == ["insufficient_storage"] * 3


@pytest.mark.django_db(transaction=True)
def test_two_uploads_at_once_never_both_take_the_last_byte(athlete_user, other_athlete_user):
    gate, codes = threading.Barrier(2), []

    def announce(owner) -> None:
        try:
            gate.wait()
            upload_create(owner=owner, filename="a.csv", size=6000)
            codes.append("")
        except Problem as refusal:
            codes.append(refusal.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=announce, args=(one,)) for one in (athlete_user, other_athlete_user)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == ["", "insufficient_storage"]
    assert Upload.objects.count() == 1


# -- jobs ----------------------------------------------------------------------------------------------------


@pytest.fixture
def kind():
    """A kind that says how much it writes and sees what is promised meanwhile."""
    seen: list[int] = []

    @job_kind("test.room", space=lambda job: job.parameters["n_bytes"])
    def room(context):
        seen.append(SpacePromise.objects.filter(key=space_key(context.job.pk)).values_list("n_bytes", flat=True).get())

    return seen


def begin(owner, n_bytes: int) -> Job:
    job = job_create(kind="test.room", title="Room", owner=owner, parameters={"n_bytes": n_bytes})
    job_execute_here(pk=job.pk)
    job.refresh_from_db()
    return job


@pytest.mark.django_db
def test_a_job_is_promised_its_room_while_it_runs(kind, athlete_user):
    assert begin(athlete_user, 5000).status == JobStatus.SUCCEEDED
    assert kind == [5000]
    assert not SpacePromise.objects.exists()


@pytest.mark.django_db
def test_a_job_without_room_is_tried_again_then_fails_as_disk_full(kind, athlete_user, settings, disk):
    job = begin(athlete_user, 10_001)
    assert job.status == JobStatus.QUEUED
    assert job.not_before > timezone.now() + timedelta(seconds=20)
    for _ in range(settings.JOB_MAX_ATTEMPTS - 1):
        Job.objects.update(not_before=None)
        job_execute_here(pk=job.pk)
    job.refresh_from_db()
    assert (job.status, job.failure_code) == (JobStatus.FAILED, "disk_full")
    assert "low on disk space" in job.failure_reason
    assert job.can_retry
    assert kind == []


@pytest.mark.django_db
def test_the_promise_of_a_worker_that_died_is_swept(athlete_user):
    jobs = [
        Job.objects.create(kind="x", title="x", owner=athlete_user, status=status)
        for status in (JobStatus.RUNNING, JobStatus.QUEUED, JobStatus.ERRORED)
    ]
    hour = timezone.now() + timedelta(hours=1)
    for job in jobs:
        SpacePromise.objects.create(key=space_key(job.pk), n_bytes=1, until=hour)
    SpacePromise.objects.create(key=space_key("00000000-0000-0000-0000-000000000000"), n_bytes=1, until=hour)
    SpacePromise.objects.create(key="backup", n_bytes=1, until=hour)
    promises_end()
    assert set(SpacePromise.objects.values_list("key", flat=True)) == {space_key(jobs[0].pk), "backup"}


# -- one account ---------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_an_account_has_its_limit(athlete_user, api, settings):
    settings.ACCOUNT_QUOTA_BYTES = 5000
    upload_create(owner=athlete_user, filename="a.csv", size=3000)
    answer = api(athlete_user).post("/api/v1/uploads/", {"filename": "b.csv", "size": 2001}, format="json")
    assert answer.status_code == 507
    assert answer["Content-Type"] == "application/problem+json"
    document = answer.json()
    assert document["code"] == "insufficient_storage"
    assert document["reason"] == "quota"
    assert (document["used_bytes"], document["quota_bytes"]) == (3000, 5000)
    assert "Largest share: Pending uploads" in document["detail"]
    assert document["request_id"]
    assert upload_create(owner=athlete_user, filename="b.csv", size=2000).pk


@pytest.mark.django_db
def test_no_limit_where_none_is_set(athlete_user, settings):
    settings.ACCOUNT_QUOTA_BYTES = 0
    account_require(athlete_user, 10**15)
    assert account_of(athlete_user).most_bytes is None


@pytest.mark.django_db
def test_every_sort_counts_once_and_cheaply(athlete_user, django_assert_num_queries):
    assert {"Recordings", "Datasets", "Models", "Pending uploads"} <= {one.label for one in storage.usages()}
    with django_assert_num_queries(1):
        account_of(athlete_user)


@pytest.mark.django_db
def test_the_account_page_shows_what_takes_how_much(athlete_user, browse, settings):
    settings.ACCOUNT_QUOTA_BYTES = 5_000_000
    upload_create(owner=athlete_user, filename="a.csv", size=2048)
    page = browse(athlete_user).get("/settings/data/").content.decode().replace("\xa0", " ")
    assert "Pending uploads" in page
    assert "2.0 KB" in page
    assert "4.8 MB" in page


def test_sizes_in_words():
    assert [words(n) for n in (0, 999, 1500, 123_456_789, 20_000_000_000)] == [
        "0 bytes", "999 bytes", "1.5 kB", "123 MB", "20 GB",
    ]  # fmt: skip
