"""A disk without room is said as such, wherever it shows: 507 and a sentence, never a 500 and never a 429."""

import errno
import sqlite3
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from django.core.cache import cache
from django.db import OperationalError
from django.db.backends.utils import CursorWrapper
from redis.exceptions import ResponseError

from accounts.services import login_limit
from mlops.jobs.kinds import job_kind
from mlops.jobs.models import Job, JobStatus
from mlops.jobs.services.execution import job_execute_here
from mlops.jobs.services.jobs import job_create
from mlops.ml.contract import BadArtifact
from tests.people import PASSWORD
from web import full_disk
from web.full_disk import disk_is_full
from web.models import Upload
from web.refusals import Problem
from web.services import uploads

FULL = OSError(errno.ENOSPC, "No space left on device")


def sqlite_error(text: str, code: int) -> OperationalError:
    inner = sqlite3.OperationalError(text)
    inner.sqlite_errorcode = code
    try:
        raise OperationalError(text) from inner
    except OperationalError as made:
        return made


def caused(error: Exception, cause: BaseException) -> Exception:
    try:
        raise error from cause
    except type(error) as made:
        return made


DATABASE_FULL = sqlite_error("database or disk is full", 13)


@pytest.mark.parametrize(
    "error",
    [
        FULL,
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        DATABASE_FULL,
        caused(BadArtifact("it cannot be written"), FULL),
        caused(Problem(422, "bad_artifact", "It cannot be written."), FULL),
        ResponseError("MISCONF Redis is configured to save RDB snapshots, but is unable to persist to disk."),
        RuntimeError("I/O error: No space left on device (os error 28)"),
        OSError("4096 requested and 0 written"),
    ],
    ids=lambda error: f"{type(error).__name__} {str(error)[:24]}",
)
def test_a_full_disk_is_known_in_every_dress(error):
    assert disk_is_full(error)


@pytest.mark.parametrize(
    "error", [None, ValueError("x"), OSError(errno.EACCES, "no"), OSError("x"), sqlite_error("disk I/O error", 10)]
)
def test_other_errors_are_not(error):
    assert not disk_is_full(error)


def test_sqlite_calls_it_an_input_error_where_its_index_cannot_grow(monkeypatch):
    monkeypatch.setattr(full_disk, "disk_has_no_room", lambda: True)
    assert disk_is_full(sqlite_error("disk I/O error", 4874))


def test_numpy_tells_no_reason():
    with pytest.raises(OSError, match="requested and") as caught, Path("/dev/full").open("wb", buffering=0) as full:
        np.zeros(100_000).tofile(full)
    assert disk_is_full(caught.value)


# -- requests ------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("error", [FULL, DATABASE_FULL], ids=["file", "database"])
def test_an_endpoint_answers_507(api, athlete_user, monkeypatch, error):
    monkeypatch.setattr(Upload.objects, "create", _raise(error))
    answer = api(athlete_user).post("/api/v1/uploads/", {"filename": "a.csv", "size": 5}, format="json")
    assert answer.status_code == 507
    assert answer.json()["code"] == "insufficient_storage"
    assert answer.json()["reason"] == "disk"


@pytest.mark.django_db
def test_a_part_that_finds_no_room_may_be_sent_again(api, athlete_user, monkeypatch):
    client = api(athlete_user)
    pk = client.post("/api/v1/uploads/", {"filename": "a.csv", "size": 5}, format="json").json()["id"]
    send = lambda: client.put(  # noqa: E731
        f"/api/v1/uploads/{pk}/parts/0/", b"hello", content_type="application/octet-stream"
    )
    with monkeypatch.context() as broken:
        broken.setattr(uploads.os, "fsync", _raise(FULL))
        assert (send().status_code, send().json()["code"]) == (507, "insufficient_storage")
    assert client.get(f"/api/v1/uploads/{pk}/").json()["received"] == []
    assert send().status_code == 200


@pytest.mark.django_db
def test_a_page_says_it_in_a_sentence(browse, athlete_user, monkeypatch):
    monkeypatch.setattr("accounts.views.data.account_of", _raise(DATABASE_FULL))
    answer = browse(athlete_user).get("/settings/data/")
    assert answer.status_code == 507
    assert "The disk is full" in answer.content.decode()


@pytest.mark.django_db
def test_a_session_that_cannot_be_stored_is_507(client, athlete_user, monkeypatch):
    """The session is written by a middleware, below every view."""
    client.raise_request_exception = False
    monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.save", _raise(DATABASE_FULL))
    answer = client.post("/accounts/login/", {"login": athlete_user.username, "password": PASSWORD})
    assert answer.status_code == 507


# -- signing in ----------------------------------------------------------------------------------------------


@pytest.fixture
def unwritable(monkeypatch):
    """A cache table that can be read and not written to."""
    execute = CursorWrapper.execute

    def read_only(self, sql, params=None):
        if "web_cache" in str(sql) and not str(sql).startswith("SELECT"):
            raise DATABASE_FULL
        return execute(self, sql, params)

    with monkeypatch.context() as full:
        full.setattr(CursorWrapper, "execute", read_only)
        yield
    cache.clear()


@pytest.mark.django_db
def test_a_right_password_is_never_too_many_attempts(client, athlete_user, unwritable):
    for _ in range(login_limit.N_ATTEMPTS + 2):
        answer = client.post("/accounts/login/", {"login": athlete_user.username, "password": PASSWORD})
        assert answer.status_code == 302
        client.logout()


@pytest.mark.django_db
def test_wrong_passwords_are_counted_all_the_same(client, athlete_user, unwritable):
    codes = [
        client.post("/accounts/login/", {"login": athlete_user.username, "password": "wrong"}).status_code
        for _ in range(login_limit.N_ATTEMPTS + 1)
    ]
    assert codes == [200] * login_limit.N_ATTEMPTS + [429]


@pytest.mark.django_db
def test_the_cache_goes_on_and_comes_back(unwritable, monkeypatch):
    assert cache.add("a", 1, 60)
    assert not cache.add("a", 2, 60)
    assert cache.get("a") == 1
    cache.set("a", 3, 60)
    assert cache.get_many(["a", "b"]) == {"a": 3}
    cache.delete("a")
    assert cache.get("a", "gone") == "gone"
    cache.set("b", 1, 60)
    monkeypatch.undo()
    cache.set("b", 2, 60)
    assert cache.get("b") == 2


# -- jobs ----------------------------------------------------------------------------------------------------


@contextmanager
def running(error: Exception):
    @job_kind("test.full")
    def full(context):
        raise error

    yield


@pytest.mark.django_db
@pytest.mark.parametrize(
    "error", [FULL, DATABASE_FULL, caused(BadArtifact("unwritable"), FULL)], ids=["file", "database", "library"]
)
def test_a_job_says_disk_full_and_may_be_repeated(athlete_user, settings, error):
    with running(error):
        job = job_create(kind="test.full", title="Full", owner=athlete_user, parameters={})
        for _ in range(settings.JOB_MAX_ATTEMPTS):
            job_execute_here(pk=job.pk)
            Job.objects.update(not_before=None)
    job.refresh_from_db()
    assert (job.status, job.failure_code, job.attempt) == (JobStatus.FAILED, "disk_full", settings.JOB_MAX_ATTEMPTS)
    assert "full" in job.failure_reason
    assert job.can_retry


def _raise(error: BaseException):
    def fail(*args, **kwargs):
        raise error

    return fail
