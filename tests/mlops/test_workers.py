"""The worker kills its child and nobody else, at whatever moment it is told to."""

import os
import signal
import subprocess
import sys

import pytest

from mlops.jobs.workers import JobWorker


@pytest.fixture
def worker():
    """One that has no queue and no child yet."""
    made = JobWorker.__new__(JobWorker)
    made._horse_pid = 0
    return made


@pytest.fixture
def killed(monkeypatch):
    told = []
    monkeypatch.setattr(os, "kill", lambda pid, sig: told.append(("process", pid)))
    monkeypatch.setattr(os, "killpg", lambda group, sig: told.append(("group", group)))
    return told


def test_a_word_to_stop_that_comes_too_late_kills_nobody(worker, killed):
    worker.kill_horse()
    assert killed == [], "process 0 means our own group"


def test_a_child_that_is_gone_is_no_error(worker):
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    worker._horse_pid = child.pid
    worker.kill_horse()


def test_a_child_still_in_our_group_dies_alone(worker, killed, monkeypatch):
    worker._horse_pid = 4711
    monkeypatch.setattr(os, "getpgid", lambda pid: os.getpgrp())
    worker.kill_horse()
    assert killed == [("process", 4711)]


def test_a_child_dies_with_what_it_started(worker):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    worker._horse_pid = child.pid
    worker.kill_horse()
    assert child.wait(10) == -signal.SIGKILL


def test_a_job_may_ask_for_so_much_memory():
    code = (
        "from mlops.jobs.workers import limit_memory\n"
        "limit_memory(0); kept = bytearray(300_000_000); del kept\n"
        "limit_memory(400)\n"
        "try:\n    bytearray(500_000_000)\nexcept MemoryError:\n    print('refused')\n"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    command = [sys.executable, "-c", f"import django; django.setup()\n{code}"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.strip() == "refused"
