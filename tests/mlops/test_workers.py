"""The worker kills its child and nobody else, at whatever moment it is told to."""

import os
import signal
import subprocess
import sys

import pytest

from mlops.workers import JobWorker


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
