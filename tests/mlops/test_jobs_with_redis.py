"""The promises of the job engine on real processes: kill, pause, hang, cancel, lose Redis."""

import os
import signal

import pytest
from django.contrib.auth import get_user_model

from mlops.datasets.services.datasets import dataset_create
from mlops.jobs.services.jobs import job_cancel, job_create
from mlops.models import Dataset, Job, JobStatus, LabelSet, Run
from mlops.tasks.services.tasks import label_set_create, task_create
from mlops.training.services.checkpoints import checkpoints_root
from mlops.training.services.runs import run_create
from tests.mlops.machinery import GRACE_S, HEARTBEAT_S, LEASE_S, Machinery

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def machinery(django_db_setup, tmp_path_factory):
    machine = Machinery(tmp_path_factory.mktemp("engine"))
    yield machine
    machine.stop()


@pytest.fixture
def engine(db, machinery: Machinery, settings):
    """Redis, one worker and the sweeper; what an earlier test killed is started again."""
    settings.REDIS_URL = f"unix://{machinery.socket}"
    settings.JOB_LEASE_S, settings.JOB_HEARTBEAT_S, settings.JOB_CANCEL_GRACE_S = LEASE_S, HEARTBEAT_S, GRACE_S
    machinery.keep("redis", machinery.redis)
    machinery.keep("worker", machinery.worker)
    machinery.keep("sweeper", machinery.sweeper)
    yield machinery
    if "second" in machinery.processes:
        machinery.kill("second")


@pytest.fixture
def start(db, engine):
    owner = get_user_model().objects.create_user("ama", "ama@example.org", "a long password")

    def make(kind: str = "test.write", **more) -> Job:
        parameters = more.pop("parameters", {})
        return job_create(
            kind=kind,
            title="A job",
            owner=owner,
            parameters={"folder": str(engine.folder / "out"), **parameters},
            **more,
        )

    (engine.folder / "out").mkdir(exist_ok=True)
    return make


def fresh(job: Job) -> Job:
    return Job.objects.get(pk=job.pk)


def ended(job: Job):
    return lambda: fresh(job).is_ended


def running(job: Job):
    return lambda: fresh(job).status == JobStatus.RUNNING


def test_success_failure_and_order(engine, start):
    good, bad = start(), start("test.fail")
    engine.until(ended(good))
    engine.until(ended(bad))
    assert fresh(good).status == JobStatus.SUCCEEDED
    assert (fresh(bad).status, fresh(bad).failure_reason) == (JobStatus.FAILED, "This file holds no samples.")


def test_a_killed_work_horse_is_replaced(engine, start):
    job = start("test.die_once")
    engine.until(ended(job))
    assert (fresh(job).status, fresh(job).attempt) == (JobStatus.SUCCEEDED, 2)
    assert LabelSet.objects.count() == 1


def test_a_job_that_always_kills_its_worker_ends_with_its_reason(engine, start):
    job = start("test.die_always")
    engine.until(ended(job))
    assert (fresh(job).status, fresh(job).failure_code) == (JobStatus.ERRORED, "worker_lost")


def test_a_killed_worker_takes_its_child_along_and_is_replaced(engine, start):
    job = start(parameters={"steps": 600, "step_s": 0.1})
    engine.until(running(job))
    horses = engine.horses()
    engine.kill("worker")
    engine.until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in horses))
    Job.objects.filter(pk=job.pk).update(parameters={"folder": str(engine.folder / "out")})
    engine.worker("second")
    engine.until(ended(job))
    assert (fresh(job).status, fresh(job).attempt) == (JobStatus.SUCCEEDED, 2)


def test_a_paused_worker_cannot_commit_when_it_wakes(engine, start):
    job = start(parameters={"steps": 20, "step_s": 0.1})
    engine.until(running(job))
    parent, horses = engine.processes["worker"].pid, engine.horses()
    for pid in (parent, *horses):
        os.kill(pid, signal.SIGSTOP)
    engine.worker("second")
    engine.until(ended(job))
    for pid in (*horses, parent):
        os.kill(pid, signal.SIGCONT)
    after = start()  # both workers serve again
    engine.until(ended(after))
    engine.until(lambda: not engine.horses())
    assert (fresh(job).status, fresh(job).attempt) == (JobStatus.SUCCEEDED, 2)
    assert LabelSet.objects.filter(name=f"made by {job.pk}").count() == 1
    assert (engine.folder / "out" / str(job.pk)).read_text() == "2"


def test_a_killed_redis_loses_nothing(engine, start):
    first = start(parameters={"steps": 30, "step_s": 0.1})
    engine.until(running(first))
    waiting = start()
    engine.kill("redis")
    while_away = start()
    assert fresh(while_away).delivered_at is None
    engine.until(lambda: fresh(first).progress_done > 0)
    engine.redis()
    for job in (first, waiting, while_away):
        engine.until(lambda job=job: engine.keep("worker", engine.worker) and ended(job)())  # the supervisor's part
        assert fresh(job).status == JobStatus.SUCCEEDED
    assert LabelSet.objects.count() == 3


def test_cancelling_a_running_job_stops_it(engine, start):
    job = start(parameters={"steps": 6000, "step_s": 0.1})
    engine.until(running(job))
    job_cancel(job=job, by=job.owner)
    engine.until(ended(job))
    assert fresh(job).status == JobStatus.CANCELLED
    engine.until(lambda: not engine.horses())
    assert not LabelSet.objects.exists()


@pytest.mark.parametrize("hold", [False, True], ids=["deaf", "holding the interpreter lock"])
def test_cancelling_a_deaf_job_kills_it(engine, start, hold):
    job = start("test.hang", parameters={"hold": hold})
    engine.until(running(job))
    horses = engine.until(engine.horses)
    job_cancel(job=job, by=job.owner)
    engine.until(ended(job))
    assert fresh(job).status == JobStatus.CANCELLED
    engine.until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in horses))
    engine.until(ended(start()))


@pytest.mark.parametrize("hold", [False, True], ids=["asleep", "holding the interpreter lock"])
def test_a_hang_dies_at_its_deadline_with_the_reason(engine, start, hold):
    job = start("test.hang", parameters={"hold": hold}, timeout_s=LEASE_S + 2)
    engine.until(running(job))
    horses = engine.until(engine.horses)
    engine.until(ended(job))
    assert (fresh(job).status, fresh(job).failure_code, fresh(job).attempt) == (JobStatus.FAILED, "timed_out", 1)
    engine.until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in horses))
    engine.until(ended(start()))


def test_duplicate_messages_run_once(engine, start):
    from mlops.jobs.services.delivery import job_deliver

    engine.kill("worker")
    job = start()
    for _ in range(4):
        assert job_deliver(pk=job.pk)
    engine.worker()
    last = start()
    engine.until(ended(last))
    engine.until(ended(job))
    assert LabelSet.objects.filter(name=f"made by {job.pk}").count() == 1
    assert fresh(job).attempt == 1


def test_a_killed_training_goes_on_from_its_last_epoch(engine, start, kind, settings):
    settings.MEDIA_ROOT = engine.folder / "var" / "files"
    owner = get_user_model().objects.get()
    labels = label_set_create(name="Tiny", labels=[{"name": "still"}, {"name": "swing"}], owner=owner)
    task = task_create(name="tiny-task", title="Tiny", kind="tiny", owner=owner, label_set=labels)
    dataset = dataset_create(task=task, owner=owner)
    engine.until(lambda: Dataset.objects.get(pk=dataset.pk).status == "ready")
    dataset.refresh_from_db()
    engine.worker("second", queue="train")
    run = run_create(task=task, dataset=dataset, estimator="tiny_resumable", owner=owner, config={"epochs": 120})
    engine.until(lambda: len(Run.objects.get(pk=run.pk).curve) > 10)
    horses = engine.until(lambda: engine.horses("second"))
    for pid in horses:
        os.kill(pid, signal.SIGKILL)
    engine.until(ended(run.job))
    run = Run.objects.select_related("job", "version").get(pk=run.pk)
    assert (run.job.status, run.job.attempt) == (JobStatus.SUCCEEDED, 2), run.job.failure_reason
    assert [row["epoch"] for row in run.curve] == list(range(1, 121))
    assert run.curve[0]["attempt_began_at"] > 10, "the second attempt began where the first was killed"
    assert "Resuming from attempt 1" in run.job.log_tail
    assert run.version.number == 1
    engine.until(lambda: not (checkpoints_root() / str(run.job_id)).exists())
