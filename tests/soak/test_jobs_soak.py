"""200 jobs, 4 workers, at least 60 faults: everything reaches an end, nothing is lost, nothing happens twice.

Minutes long, so it runs with `make soak` only. SOAK_S (600), SOAK_JOBS (200) and SOAK_FAULTS (60) shrink it.
"""

import os
import random
import signal
import time
from collections import Counter
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model

import tests.mlops.kinds_for_tests  # noqa: F401  registers the kinds
from mlops.jobs.services.jobs import job_create
from mlops.models import Job, JobStatus, LabelSet
from tests.mlops.machinery import GRACE_S, HEARTBEAT_S, LEASE_S, Machinery

pytestmark = [pytest.mark.soak, pytest.mark.django_db(transaction=True)]

DURATION_S = float(os.environ.get("SOAK_S", "600"))
N_JOBS = int(os.environ.get("SOAK_JOBS", "200"))
N_FAULTS = int(os.environ.get("SOAK_FAULTS", "60"))
N_WORKERS = 4
PAUSE_S = 30 if DURATION_S >= 600 else LEASE_S + 4
RECOVERY_S = 60
FAULTS = ("worker", "horse", "both", "pause", "redis")


def test_nothing_is_lost_under_faults(tmp_path: Path, settings):
    machine = Machinery(tmp_path)
    settings.REDIS_URL = f"unix://{machine.socket}"
    settings.JOB_LEASE_S, settings.JOB_HEARTBEAT_S, settings.JOB_CANCEL_GRACE_S = LEASE_S, HEARTBEAT_S, GRACE_S
    settings.JOB_MAX_QUEUED_PER_USER = N_JOBS
    (tmp_path / "out").mkdir()
    try:
        jobs = _start(machine, tmp_path)
        told = _torment(machine)
        _settle(machine)
    finally:
        machine.stop()
    _report(jobs, told)


def _start(machine: Machinery, folder: Path) -> list[Job]:
    _keep(machine)
    owner = get_user_model().objects.create_user("ama", "ama@example.org", "a long password")
    step_s = 0.6 * DURATION_S * N_WORKERS / N_JOBS / 10
    parameters = {"steps": 10, "step_s": step_s, "folder": str(folder / "out")}
    return [
        job_create(kind="test.write", title=f"Job {number}", owner=owner, parameters=parameters)
        for number in range(N_JOBS)
    ]


def _torment(machine: Machinery) -> dict[str, object]:
    chance = random.Random(1)
    counts: Counter[str] = Counter()
    stalls, paused = [], []
    ends_at, next_at = time.monotonic() + DURATION_S, time.monotonic() + 5
    moved_at, seen = time.monotonic(), _progress()
    looked_at, longest_look_s = time.monotonic(), 0.0
    while time.monotonic() < ends_at and _open().exists():
        now = time.monotonic()
        looked_at, longest_look_s = now, max(longest_look_s, now - looked_at)
        for wake_at, pids in paused:
            if wake_at <= now:
                _send(pids, signal.SIGCONT)
        paused = [entry for entry in paused if entry[0] > now]
        _keep(machine)
        if now >= next_at and sum(counts.values()) < N_FAULTS:
            fault = FAULTS[sum(counts.values()) % len(FAULTS)]
            _strike(machine, fault, f"worker-{chance.randrange(N_WORKERS)}", paused)
            counts[fault] += 1
            next_at = now + DURATION_S / N_FAULTS * chance.uniform(0.5, 1.0)
        if (state := _progress()) != seen:
            stalls.append(now - moved_at)
            moved_at, seen = now, state
        time.sleep(0.2)
    for _, pids in paused:
        _send(pids, signal.SIGCONT)
    return {
        "faults": dict(counts),
        "longest_stall_s": round(max(stalls, default=0.0), 1),
        "longest_look_s": round(longest_look_s, 1),  # as long as we ourselves stood still: the machine, not the engine
    }


def _strike(machine: Machinery, fault: str, name: str, paused: list) -> None:
    horses, worker = machine.horses(name), machine.processes[name].pid
    if fault == "redis":
        machine.kill("redis")
    elif fault == "pause":
        _send([*horses, worker], signal.SIGSTOP)
        paused.append((time.monotonic() + PAUSE_S, [*horses, worker]))
    else:
        _send(horses if fault in ("horse", "both") else [], signal.SIGKILL)
        _send([worker] if fault in ("worker", "both") else [], signal.SIGKILL)


def _keep(machine: Machinery) -> None:
    """The supervisor's part: start again what died."""
    machine.keep("redis", machine.redis)
    for number in range(N_WORKERS):
        name = f"worker-{number}"
        machine.keep(name, lambda name=name: machine.worker(name))
    machine.keep("sweeper", machine.sweeper)


def _settle(machine: Machinery) -> None:
    def all_ended() -> bool:
        _keep(machine)
        return not _open().exists()

    machine.until(all_ended, timeout_s=DURATION_S + 300)


def _report(jobs: list[Job], told: dict[str, object]) -> None:
    states = Counter(Job.objects.values_list("status", flat=True))
    made = Counter(LabelSet.objects.values_list("name", flat=True))
    attempts = Counter(Job.objects.values_list("attempt", flat=True))
    print(f"\njobs {dict(states)}, attempts {dict(sorted(attempts.items()))}, {told}")
    assert Job.objects.count() == len(jobs)
    unlucky = Job.objects.exclude(status=JobStatus.SUCCEEDED)
    assert {(job.status, job.failure_code, job.attempt) for job in unlucky} <= {("errored", "worker_lost", 3)}
    assert len(unlucky) <= len(jobs) // 20, "three faults may hit the same job now and then"
    assert set(made.values()) == {1}
    assert set(made) == {f"made by {pk}" for pk in Job.objects.filter(status="succeeded").values_list("pk", flat=True)}
    assert sum(told["faults"].values()) >= min(N_FAULTS, 1)  # type: ignore[union-attr]
    assert told["longest_stall_s"] <= RECOVERY_S  # type: ignore[operator]


def _open():
    return Job.objects.open()


def _progress() -> tuple[int, int]:
    return _open().count(), sum(Job.objects.filter(status=JobStatus.RUNNING).values_list("progress_done", flat=True))


def _send(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue
