"""Champion and challenger under many hands at once; trainings and searches under killed workers.

`make soak`. SOAK_MOVES (1000), SOAK_TRAININGS (10) and SOAK_TRIALS (12) shrink it.
"""

import os
import random
import signal
import time
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model

from mlops.models import Dataset, Job, JobStatus, ModelVersion, PromotionEvent, Run
from mlops.services.datasets import dataset_create
from mlops.services.runs import run_create
from mlops.services.studies import study_create
from mlops.services.tasks import label_set_create, task_create
from tests.mlops.conftest import build, delivered, kind, label_set, media, staff, task, train  # noqa: F401
from tests.mlops.machinery import GRACE_S, HEARTBEAT_S, LEASE_S, Machinery
from tests.mlops.moves import REFUSALS, check_history, hundred_moves

pytestmark = [pytest.mark.soak, pytest.mark.django_db(transaction=True)]

N_MOVES = int(os.environ.get("SOAK_MOVES", "1000"))
N_TRAININGS = int(os.environ.get("SOAK_TRAININGS", "10"))
N_TRIALS = int(os.environ.get("SOAK_TRIALS", "12"))


def test_one_champion_always(train, build, staff, task):  # noqa: F811
    dataset = build()
    versions = [train(dataset) for _ in range(5)]
    done, outcomes = hundred_moves(versions, staff, task, seed=11, n=N_MOVES)
    assert set(outcomes) <= REFUSALS
    check_history(task, done)
    print(f"\n{N_MOVES} moves of champion and challenger, ten at once: always one champion; {dict(outcomes)}")


def test_killed_trainings_and_searches_lose_no_epoch(tmp_path: Path, settings, kind):  # noqa: F811
    machine = Machinery(tmp_path)
    settings.REDIS_URL = f"unix://{machine.socket}"
    settings.JOB_LEASE_S, settings.JOB_HEARTBEAT_S, settings.JOB_CANCEL_GRACE_S = LEASE_S, HEARTBEAT_S, GRACE_S
    settings.MEDIA_ROOT = tmp_path / "var" / "files"
    try:
        _keep(machine)
        owner = get_user_model().objects.create_user("esi", "esi@example.org", "a long password", role="ml_staff")
        labels = label_set_create(name="Tiny", labels=[{"name": "still"}, {"name": "swing"}], owner=owner)
        task = task_create(name="tiny-task", title="Tiny", kind="tiny", owner=owner, label_set=labels)  # noqa: F811
        dataset = dataset_create(task=task, owner=owner)
        machine.until(lambda: Dataset.objects.get(pk=dataset.pk).status == "ready", timeout_s=300)
        dataset.refresh_from_db()
        runs = [
            run_create(task=task, dataset=dataset, estimator="tiny_resumable", owner=owner, config={"epochs": 100})
            for _ in range(N_TRAININGS)
        ]
        study = study_create(
            task=task, dataset=dataset, estimator="tiny_resumable", owner=owner, n_trials=N_TRIALS, n_parallel=2,
            config={"epochs": 40}, space={"rate": {"low": 0.01, "high": 1.0, "log": True}},
        )  # fmt: skip
        n_killed = _torment(machine)
    finally:
        machine.stop()
    study.refresh_from_db()
    assert study.job.status == JobStatus.SUCCEEDED, study.job.failure_reason
    assert study.runs.filter(trial__isnull=False).count() == N_TRIALS
    resumed = 0
    for run in Run.objects.filter(pk__in=[run.pk for run in runs]).select_related("job"):
        assert run.job.status == JobStatus.SUCCEEDED, run.job.failure_reason
        assert [row["epoch"] for row in run.curve] == list(range(1, 101))
        resumed += run.curve[0]["attempt_began_at"] > 0
    n_versions = ModelVersion.objects.count()
    assert n_versions == N_TRAININGS + 1
    assert not PromotionEvent.objects.exists()
    print(
        f"\n{n_killed} kills of training workers: {N_TRAININGS} trainings and a search of {N_TRIALS} trials all ended, "
        f"{resumed} trainings went on from a checkpoint, {n_versions} versions, none twice"
    )


def _torment(machine: Machinery) -> int:
    """Kill a training's child or its worker every few seconds; each job at most twice, as three attempts allow."""
    chance, hit, n_killed = random.Random(3), {}, 0  # type: ignore[var-annotated]
    while Job.objects.open().exists():
        _keep(machine)
        time.sleep(chance.uniform(1.5, 3.0))
        running = list(Job.objects.filter(status=JobStatus.RUNNING, queue="train", progress_done__gt=5)[:2])
        name = f"train-{chance.randrange(2)}"
        if not running or any(hit.get(job.pk, 0) >= 2 for job in running):
            continue
        for job in running:
            hit[job.pk] = hit.get(job.pk, 0) + 1
        for pid in machine.horses(name):
            try:
                os.kill(pid, signal.SIGKILL)
                n_killed += 1
            except ProcessLookupError:
                continue
        if chance.random() < 0.3:
            machine.kill(name)
    return n_killed


def _keep(machine: Machinery) -> None:
    machine.keep("redis", machine.redis)
    machine.keep("worker", machine.worker)
    for number in range(2):
        name = f"train-{number}"
        machine.keep(name, lambda name=name: machine.worker(name, queue="train"))
    machine.keep("sweeper", machine.sweeper)
