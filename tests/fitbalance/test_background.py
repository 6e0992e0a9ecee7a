"""One process loads, its children work: who ends comes again, who is told to stop stops, none outlives the parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
import os, signal, sys, time
from pathlib import Path
from fitbalance import background
background.LASTS_S = 0.05
folder = Path(sys.argv[1])
def work(name):
    def stop(*_):
        (folder / f"{name}-stopped").touch()
        sys.exit(0)
    signal.signal(signal.SIGTERM, stop)
    with (folder / name).open("a") as file:
        file.write(f"{os.getpid()}\\n")
    while True:
        time.sleep(0.05)
background.Nursery({name: (lambda name=name: work(name)) for name in ("one", "two")}).run()
"""


def wait_for(what: object, limit_s: float = 60.0) -> None:
    deadline = time.monotonic() + limit_s
    while not what():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.02)


def pids(file: Path) -> list[int]:
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def nursery(tmp_path: Path):
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(tmp_path)], cwd=ROOT)
    yield process
    process.kill()
    process.wait()


@pytest.mark.skipif(sys.platform != "linux", reason="children die with their parent on Linux")
def test_a_child_comes_again_and_all_go_with_the_parent(nursery: subprocess.Popen[bytes], tmp_path: Path) -> None:
    wait_for(lambda: pids(tmp_path / "one") and pids(tmp_path / "two"))
    (first,), (other,) = pids(tmp_path / "one"), pids(tmp_path / "two")
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: len(pids(tmp_path / "one")) == 2)
    assert pids(tmp_path / "two") == [other], "the other one was left alone"
    nursery.kill()
    wait_for(lambda: not any(map(alive, [pids(tmp_path / "one")[1], other])))


def test_told_to_stop_each_child_is_told_once_and_waited_for(nursery: subprocess.Popen[bytes], tmp_path: Path) -> None:
    wait_for(lambda: pids(tmp_path / "one") and pids(tmp_path / "two"))
    nursery.terminate()
    assert nursery.wait(60) == 0
    assert {"one-stopped", "two-stopped"} <= {path.name for path in tmp_path.iterdir()}
