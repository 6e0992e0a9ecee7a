"""Trainings and searches whose workers are killed, most of them while they save: no epoch lost, nothing partial seen.

`make soak`. SOAK_TRAININGS (30) and SOAK_TRIALS (12) shrink it. Each training is killed twice, so that its third and
last attempt has to bring it home: two in three both times while the artifact is written, the others first while they
learn. Each trial of the search is killed once.
"""

import os
import random
import re
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.contrib.auth import get_user_model

from mlops.datasets.services.datasets import dataset_create
from mlops.ml.artifact import artifact_names, read_manifest
from mlops.models import Dataset, Job, JobStatus, ModelVersion, PromotionEvent, Run
from mlops.registry.services import artifacts
from mlops.registry.services.artifacts import artifact_path, models_root, orphans_clean
from mlops.tasks.services.tasks import label_set_create, task_create
from mlops.training.services.runs import run_create
from mlops.training.services.studies import study_create
from tests.mlops.conftest import kind  # noqa: F401
from tests.mlops.machinery import GRACE_S, HEARTBEAT_S, LEASE_S, Machinery

pytestmark = [pytest.mark.soak, pytest.mark.django_db(transaction=True)]

N_TRAININGS = int(os.environ.get("SOAK_TRAININGS", "30"))
N_TRIALS = int(os.environ.get("SOAK_TRIALS", "12"))
EPOCHS = 40
SAVE_S = 1.0
GIVE_UP_S = 1200
PARTIAL = re.compile(r"\.([0-9a-f-]{36})-(\d+)\.[0-9a-f]{32}\.partial")
SAVING, LEARNING = "while saving", "while learning"


def test_killed_trainings_and_searches_lose_no_epoch(tmp_path: Path, settings, kind, monkeypatch):  # noqa: F811
    machine = Machinery(tmp_path)
    machine.environment["TINY_SAVE_S"] = str(SAVE_S)
    settings.REDIS_URL = f"unix://{machine.socket}"
    settings.JOB_LEASE_S, settings.JOB_HEARTBEAT_S, settings.JOB_CANCEL_GRACE_S = LEASE_S, HEARTBEAT_S, GRACE_S
    settings.MEDIA_ROOT = tmp_path / "var" / "files"
    try:
        _keep(machine)
        owner = get_user_model().objects.create_user("esi", "esi@example.org", "a long password", role="ml_staff")
        labels = label_set_create(name="Tiny", labels=[{"name": "still"}, {"name": "swing"}], owner=owner)
        task = task_create(name="tiny-task", title="Tiny", kind="tiny", owner=owner, label_set=labels)
        dataset = dataset_create(task=task, owner=owner)
        machine.until(lambda: Dataset.objects.get(pk=dataset.pk).status == "ready", timeout_s=300)
        dataset.refresh_from_db()
        what: dict[str, Any] = {"task": task, "dataset": dataset, "estimator": "tiny_resumable", "owner": owner}
        runs = [run_create(**what, config={"epochs": EPOCHS}) for _ in range(N_TRAININGS)]
        study = study_create(
            **what, n_trials=N_TRIALS, n_parallel=2, config={"epochs": EPOCHS},
            space={"rate": {"low": 0.01, "high": 1.0, "log": True}},
        )  # fmt: skip
        plan = {str(run.pk): (LEARNING if n % 3 == 2 else SAVING, SAVING) for n, run in enumerate(runs)}
        kills, n_looks = _torment(machine, plan)
    finally:
        machine.stop()
    study.refresh_from_db()
    assert study.job.status == JobStatus.SUCCEEDED, study.job.failure_reason
    assert study.runs.filter(trial__isnull=False).count() == N_TRIALS
    n_resumed = _check_runs(runs)
    n_cleaned = _check_artifacts(monkeypatch)
    assert not PromotionEvent.objects.exists()
    print(
        f"\n{sum(kills.values())} kills of training workers {dict(kills)}: {N_TRAININGS} trainings and a search of "
        f"{N_TRIALS} trials all ended, {n_resumed} trainings went on from a checkpoint, "
        f"{ModelVersion.objects.count()} versions, none twice; 0 partial artifacts visible in {n_looks} looks, "
        f"{n_cleaned} leftovers of killed savings were tidied away"
    )


def _check_runs(runs: list[Run]) -> int:
    """All succeeded with a whole curve and one version each; how many went on from a checkpoint."""
    n_resumed = 0
    for run in Run.objects.filter(pk__in=[run.pk for run in runs]).select_related("job", "version"):
        assert run.job.status == JobStatus.SUCCEEDED, run.job.failure_reason
        assert [row["epoch"] for row in run.curve] == list(range(1, EPOCHS + 1))
        assert run.version is not None
        n_resumed += run.curve[0]["attempt_began_at"] > 0
    assert ModelVersion.objects.count() == len(runs) + 1, "the winner of the search is the other one"
    return n_resumed


def _check_artifacts(monkeypatch: pytest.MonkeyPatch) -> int:
    """Every version's artifact is the one registered; after tidying nothing else is left. How much was tidied."""
    for version in ModelVersion.objects.all():
        assert read_manifest(artifact_path(version))["content_hash"] == version.artifact_hash
    before = len(list(models_root().iterdir()))
    monkeypatch.setattr(artifacts, "ORPHAN_AFTER_S", 0)
    orphans_clean()
    assert len(list(models_root().iterdir())) == ModelVersion.objects.count()
    return before - ModelVersion.objects.count()


def _torment(machine: Machinery, plan: dict[str, tuple[str, str]]) -> tuple[Counter[str], int]:
    """Kill what the plan says for each attempt; (kills by moment, how often all visible artifacts were verified)."""
    chance, kills, n_looks = random.Random(3), Counter(), 0  # type: ignore[var-annotated]
    struck: set[tuple[str, int]] = set()
    give_up_at = time.monotonic() + GIVE_UP_S
    while Job.objects.open().exists():
        assert time.monotonic() < give_up_at, machine.logs()
        _keep(machine)
        for run, attempt, moment in _targets():
            wanted = plan.get(run, (LEARNING,))
            if attempt > len(wanted) or wanted[attempt - 1] != moment or (run, attempt) in struck:
                continue
            time.sleep(chance.uniform(0.0, SAVE_S if moment == SAVING else 2 * SAVE_S))
            if _strike(machine, run, attempt, with_worker=chance.random() < 0.3):
                kills[moment] += 1
                struck.add((run, attempt))
                n_looks += _look()
            break
        time.sleep(0.05)
    return kills, n_looks


def _targets() -> list[tuple[str, int, str]]:
    """(run, attempt, moment) of what is going on now, the savings first."""
    names = [path.name for path in models_root().glob(".*.partial")] if models_root().is_dir() else []
    saving = [(found[1], int(found[2]), SAVING) for found in map(PARTIAL.fullmatch, names) if found]
    running = Run.objects.filter(job__status=JobStatus.RUNNING, job__progress_done__gt=5, job__progress_done__lt=EPOCHS)
    trials_first = running.order_by("trial", "pk").values_list("pk", "job__attempt")
    return [*saving, *((str(run), attempt, LEARNING) for run, attempt in trials_first)]


def _strike(machine: Machinery, run: str, attempt: int, *, with_worker: bool) -> bool:
    """Kill the process that works on this attempt, now and then its worker too; False when it is over already."""
    job = Run.objects.select_related("job").get(pk=run).job
    if job.status != JobStatus.RUNNING or job.attempt != attempt:
        return False
    pid = int(job.worker.rpartition(":")[2])
    owner = next((name for name in machine.processes if name.startswith("train") and pid in machine.horses(name)), None)
    if owner is None:
        return False
    try:
        process = psutil.Process(pid)
        process.send_signal(signal.SIGKILL)
    except psutil.NoSuchProcess:
        return False
    if with_worker:
        machine.kill(owner)
    return True


def _look() -> int:
    """What a reader can see now is whole: raises BadArtifact otherwise. Always 1."""
    for name in artifact_names(models_root()):
        read_manifest(models_root() / name)
    return 1


def _keep(machine: Machinery) -> None:
    machine.keep("redis", machine.redis)
    machine.keep("worker", machine.worker)
    for number in range(2):
        name = f"train-{number}"
        machine.keep(name, lambda name=name: machine.worker(name, queue="train"))
    machine.keep("sweeper", machine.sweeper)
