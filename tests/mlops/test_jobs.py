"""Making, claiming, ending and sweeping jobs, without Redis."""

import threading
import uuid
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.utils import timezone

from mlops.jobs.services import jobs
from mlops.jobs.services.claims import claim_renew, claim_requeue, claim_succeed, claim_take
from mlops.jobs.services.context import ClaimedJobContext, ClaimLost, Pace
from mlops.jobs.services.execution import claim_run, job_execute_here
from mlops.jobs.services.heartbeat import Heartbeat
from mlops.jobs.services.sweeping import sweep_once
from mlops.jobs.services.transient import is_transient
from mlops.ml.contract import Cancelled
from mlops.models import Job, JobStatus, LabelSet
from web.refusals import Problem

pytestmark = pytest.mark.django_db


def expire(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


class NoRedis:
    """Stands where a lost Redis stands."""

    def __getattr__(self, name: str):
        from redis.exceptions import ConnectionError

        raise ConnectionError("gone")


@pytest.fixture
def sweep(monkeypatch):
    """A sweep that records deliveries and stop commands instead of talking to Redis."""
    from mlops.jobs.services import sweeping

    calls = {"delivered": [], "stopped": []}

    class Empty:
        def get_job_ids(self):
            return []

    monkeypatch.setattr(sweeping, "queue_named", lambda name, connection: Empty())
    monkeypatch.setattr(sweeping, "job_deliver", lambda *, pk, connection=None: calls["delivered"].append(pk) or True)
    monkeypatch.setattr(
        sweeping, "delivery_stop", lambda *, delivery, connection=None: calls["stopped"].append(delivery)
    )

    def run():
        calls["delivered"].clear()
        calls["stopped"].clear()
        return sweep_once(connection=object()), calls

    return run


def test_a_job_is_sent_after_commit_only(new_job, delivered, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=False) as callbacks:
        job = new_job()
        assert delivered == []
    for callback in callbacks:
        callback()
    assert delivered == [job.pk]


def test_success_stores_result_log_and_rows(new_job):
    job = new_job()
    job_execute_here(pk=job.pk)
    job.refresh_from_db()
    assert (job.status, job.attempt) == (JobStatus.SUCCEEDED, 1)
    assert job.result == {"url": "/made/", "text": "Made one."}
    assert "all steps done" in job.log_tail
    assert LabelSet.objects.filter(name=f"made by {job.pk}").count() == 1


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [("test.fail", "failed", "no_good"), ("test.bug", "errored", "bug"), ("unknown.kind", "errored", "bug")],
)
def test_failures_keep_their_reason_and_never_a_trace(new_job, kind, status, code):
    job = new_job()
    Job.objects.filter(pk=job.pk).update(kind=kind)
    job_execute_here(pk=job.pk)
    job.refresh_from_db()
    assert (job.status, job.failure_code) == (status, code)
    assert job.failure_reason
    assert "secret" not in job.failure_reason
    assert "Traceback" not in job.failure_reason + job.log_tail
    assert job.ended_at is not None
    assert job.claim_token is None


@pytest.mark.parametrize("words", ["", "[enforce fail] DefaultCPUAllocator: can't allocate memory", "std::bad_alloc"])
def test_a_job_without_memory_fails_with_a_reason(new_job, words):
    job = new_job("test.greedy", parameters={"words": words})
    job_execute_here(pk=job.pk)
    job.refresh_from_db()
    assert (job.status, job.failure_code) == ("failed", "out_of_memory")
    assert "more memory" in job.failure_reason


def test_transient_errors_are_tried_three_times(new_job):
    job = new_job("test.transient")
    for attempt in (1, 2):
        job_execute_here(pk=job.pk)
        job.refresh_from_db()
        assert (job.status, job.attempt) == (JobStatus.QUEUED, attempt)
        assert job.not_before > timezone.now()
        assert claim_take(pk=job.pk) is None, "not before its time"
        Job.objects.filter(pk=job.pk).update(not_before=timezone.now())
    job_execute_here(pk=job.pk)
    job.refresh_from_db()
    assert (job.status, job.attempt, job.failure_code) == (JobStatus.FAILED, 3, "unavailable")


def http_error(status: int) -> Exception:
    error = RuntimeError()
    error.status_code = status
    return error


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_http_errors_that_pass_are_transient(status):
    assert is_transient(http_error(status))


@pytest.mark.parametrize("error", [http_error(400), http_error(401), http_error(404), ValueError(), KeyError("x")])
def test_other_errors_are_not(error):
    assert not is_transient(error)


@pytest.mark.parametrize("error", [TimeoutError(), ConnectionResetError(), ConnectionRefusedError()])
def test_timeouts_and_resets_are_transient(error):
    assert is_transient(error)


def test_a_duplicate_delivery_is_harmless(new_job):
    job = new_job()
    first = claim_take(pk=job.pk)
    assert first is not None
    assert claim_take(pk=job.pk) is None
    claim_run(claim=first, beat=False)
    job_execute_here(pk=job.pk)
    assert LabelSet.objects.count() == 1


@pytest.mark.parametrize("_", range(20))
def test_a_stale_attempt_commits_nothing(new_job, sweep, _):
    job = new_job()
    stale = claim_take(pk=job.pk)
    expire(job)
    swept, _calls = sweep()
    assert swept.requeued == 1
    fresh = claim_take(pk=job.pk)
    assert fresh.token != stale.token
    claim_run(claim=fresh, beat=False)
    claim_run(claim=stale, beat=False)  # the paused process wakes up and goes on
    job.refresh_from_db()
    assert (job.status, job.attempt) == (JobStatus.SUCCEEDED, 2)
    assert [row.labels for row in LabelSet.objects.all()] == [[{"name": "2"}]]
    assert claim_renew(pk=job.pk, token=stale.token) is None
    assert not claim_requeue(claim=stale, delay_s=0, log_tail="")


def test_a_stale_attempt_notices_at_its_next_step(new_job, sweep):
    job = new_job()
    context = ClaimedJobContext(claim_take(pk=job.pk))
    expire(job)
    sweep()
    with pytest.raises(ClaimLost):
        context.step(1, 2)
    with pytest.raises(ClaimLost), context.commit():
        raise AssertionError("never entered")


def test_what_a_commit_wrote_goes_when_it_fails(new_job):
    context = ClaimedJobContext(claim_take(pk=new_job().pk))

    def write_half() -> None:
        with context.commit():
            LabelSet.objects.create(name="half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_half()
    assert not LabelSet.objects.exists()
    context.job.refresh_from_db()
    assert context.job.status == JobStatus.RUNNING


def test_waiting_jobs_cancel_at_once(new_job, athlete):
    job = jobs.job_cancel(job=new_job(), by=athlete)
    assert job.status == JobStatus.CANCELLED
    job_execute_here(pk=job.pk)
    job.refresh_from_db()
    assert job.status == JobStatus.CANCELLED
    assert not LabelSet.objects.exists()


def test_running_jobs_stop_at_their_next_step(new_job, athlete):
    job = new_job()
    claim = claim_take(pk=job.pk)
    assert jobs.job_cancel(job=job, by=athlete).status == JobStatus.CANCELLING
    context = ClaimedJobContext(claim)
    with pytest.raises(Cancelled):
        context.step(1, 2)
    claim_run(claim=claim, beat=False)
    job.refresh_from_db()
    assert job.status == JobStatus.CANCELLED
    assert not LabelSet.objects.exists()


def test_a_job_that_ignores_the_stop_is_ended_by_force(new_job, athlete, sweep, settings):
    job = new_job()
    claim = claim_take(pk=job.pk, delivery="the message")
    jobs.job_cancel(job=job, by=athlete)
    long_ago = timezone.now() - timedelta(seconds=settings.JOB_CANCEL_GRACE_S + settings.JOB_HEARTBEAT_S + 1)
    Job.objects.filter(pk=job.pk).update(cancel_requested_at=long_ago)
    swept, calls = sweep()
    assert swept.ended == 1
    assert calls["stopped"] == ["the message"]
    job.refresh_from_db()
    assert job.status == JobStatus.CANCELLED
    assert claim_renew(pk=job.pk, token=claim.token) is None


def test_after_its_final_commit_an_attempt_may_tidy_up(new_job, monkeypatch, settings):
    """The heartbeat asks once a second: it once took the process away between the commit and the tidying."""
    settings.JOB_HEARTBEAT_S = 0.01
    monkeypatch.setattr("mlops.jobs.services.heartbeat.connection", SimpleNamespace(close=lambda: None))
    job, killed = new_job(), []
    claim = claim_take(pk=job.pk)
    stale = uuid.uuid4()
    assert claim_succeed(claim=claim, result={}, log_tail="")
    assert claim_renew(pk=job.pk, token=claim.token) == JobStatus.SUCCEEDED
    assert claim_renew(pk=job.pk, token=stale) is None
    Heartbeat(pk=job.pk, token=claim.token, kill=lambda: killed.append("its own"))._beat()
    Heartbeat(pk=job.pk, token=stale, kill=lambda: killed.append("stale"))._beat()
    assert killed == ["stale"]


def test_the_heartbeat_ends_what_is_past_its_deadline(new_job):
    job = new_job(timeout_s=1)
    claim = claim_take(pk=job.pk)
    assert claim_renew(pk=job.pk, token=claim.token) == JobStatus.RUNNING
    Job.objects.filter(pk=job.pk).update(deadline_at=timezone.now() - timedelta(seconds=1))
    assert claim_renew(pk=job.pk, token=claim.token) is None
    job.refresh_from_db()
    assert (job.status, job.failure_code) == (JobStatus.FAILED, "timed_out")
    assert "reached its time limit" in job.failure_reason


def test_a_worker_lost_three_times_ends_the_job(new_job, sweep):
    job = new_job()
    for _ in range(3):
        assert claim_take(pk=job.pk) is not None
        expire(job)
        sweep()
    job.refresh_from_db()
    assert (job.status, job.failure_code, job.attempt) == (JobStatus.ERRORED, "worker_lost", 3)


def test_the_sweeper_delivers_what_no_queue_holds(new_job, sweep):
    lost, fresh = new_job(), new_job()
    later = new_job()
    now = timezone.now()
    Job.objects.filter(pk=lost.pk).update(delivered_at=now - timedelta(seconds=60), delivery="lost")
    Job.objects.filter(pk=fresh.pk).update(delivered_at=now, delivery="on its way")
    Job.objects.filter(pk=later.pk).update(not_before=now + timedelta(hours=1))
    swept, calls = sweep()
    assert calls["delivered"] == [lost.pk]
    assert swept.delivered == 1


def test_a_lost_redis_keeps_the_row(athlete, settings, django_capture_on_commit_callbacks):
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    with django_capture_on_commit_callbacks(execute=True):
        job = jobs.job_create(kind="test.write", title="A job", owner=athlete, parameters={})
    job.refresh_from_db()
    assert (job.status, job.delivered_at) == (JobStatus.QUEUED, None)
    assert sweep_once().delivered == 0


def test_the_51st_open_job_is_refused(new_job, athlete, other, settings):
    settings.JOB_MAX_QUEUED_PER_USER = 3
    made = [new_job() for _ in range(3)]
    with pytest.raises(Problem) as refused:
        new_job()
    assert (refused.value.status, refused.value.code) == (429, "quota")
    new_job(owner=other)
    new_job(owner=None)
    jobs.job_cancel(job=made[0], by=athlete)
    new_job()


def test_one_open_job_per_dedupe_key(new_job):
    first = new_job(dedupe_key="import:1")
    assert new_job(dedupe_key="import:1").pk == first.pk
    job_execute_here(pk=first.pk)
    assert new_job(dedupe_key="import:1").pk != first.pk


def test_only_ended_jobs_are_repeated(new_job, athlete):
    job = new_job("test.fail", parameters={"a": 1}, dedupe_key="k")
    with pytest.raises(Problem):
        jobs.job_retry(job=job, by=athlete)
    job_execute_here(pk=job.pk)
    job.refresh_from_db()
    again = jobs.job_retry(job=job, by=athlete)
    assert again.pk != job.pk
    assert (again.kind, again.parameters, again.owner, again.status) == ("test.fail", {"a": 1}, athlete, "queued")


@pytest.mark.django_db(transaction=True)
def test_only_one_of_many_claims_wins(new_job):
    job = new_job()
    won, barrier = [], threading.Barrier(6)

    def take() -> None:
        barrier.wait()
        if claim_take(pk=job.pk):
            won.append(1)
        connection.close()

    threads = [threading.Thread(target=take) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1


def test_the_time_left_follows_the_pace():
    pace = Pace()
    assert pace.left_words(0, 100, 0.0) == ""
    assert pace.left_words(5, 100, 2.0) == "", "too early to tell"
    assert pace.left_words(10, 100, 10.0) == "about 2 min left"
    assert pace.left_words(50, 100, 50.0) == "about 50 s left"
    assert pace.left_words(100, 100, 100.0) == ""
    assert pace.left_words(1, 10, 100.0) == "", "a new phase has its own pace"
    assert pace.left_words(2, 10, 5500.0) == "about 12.0 h left"
    assert pace.left_words(1, 10, 5600.0) == "", "a step back is a new beginning"
    assert pace.left_words(3, 0, 5600.0) == ""
