"""One site per folder: a killed supervisor takes everything along, and a second start is refused in words."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from fitbalance import one_site
from tests.e2e.site import ROOT, free_port

SLEEPER = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(120)"]


def wait(until: Callable[[], object], limit_s: float, what: str) -> None:
    deadline = time.monotonic() + limit_s
    while not until():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def of_folder(var: Path) -> list[psutil.Process]:
    """Every process that names the folder in its command or environment."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.status() == psutil.STATUS_ZOMBIE or process.pid == os.getpid():
                continue
            if process.environ().get("FITBALANCE_VAR") == str(var) or str(var) in " ".join(process.cmdline()):
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


class Starts:
    """Supervisors on one folder and port."""

    def __init__(self, var: Path) -> None:
        self.var, self.port = var, free_port()
        kept = {key: value for key, value in os.environ.items() if not key.startswith("FITBALANCE")}
        self.environment = kept | {
            "FITBALANCE_VAR": str(var), "FITBALANCE_DEMO": "0", "PORT": str(self.port),
            "DJANGO_SETTINGS_MODULE": "fitbalance.settings", "MODELS_PORT": str(free_port()),
        }  # fmt: skip

    def start(self, **environment: str) -> subprocess.Popen[str]:
        log = (self.var.parent / "start.log").open("a")
        return subprocess.Popen(
            [sys.executable, "-m", "fitbalance.supervise"], cwd=ROOT, env=self.environment | environment,
            stdout=log, stderr=log, start_new_session=True, text=True,
        )  # fmt: skip

    def refused(self, **environment: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "fitbalance.supervise"], cwd=ROOT, env=self.environment | environment,
            capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == 1, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stderr

    def answers(self) -> bool:
        with socket.socket() as client:
            client.settimeout(1)
            return client.connect_ex(("127.0.0.1", self.port)) == 0

    def programs(self) -> list[str]:
        """Names of those that run: redis, web twice, the background with its children, models."""
        wanted = {
            "redis-server": "redis", "fitbalance.serve": "web", "fitbalance.background": "background",
            "serve_models": "models",
        }  # fmt: skip
        lines = [" ".join(process.cmdline()) for process in of_folder(self.var)]
        return sorted(name for line in lines for sign, name in wanted.items() if sign in line)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Starts]:
    var = tmp_path / "var"
    var.mkdir()
    starts = Starts(var)
    yield starts
    for process in of_folder(var):
        process.kill()


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's help is Linux's")
def test_a_killed_supervisor_leaves_nobody_and_a_second_start_is_refused(site: Starts) -> None:
    first = site.start()
    wait(lambda: site.answers() and {"redis", "web", "background"} <= set(site.programs()), 180, "no start")

    said = site.refused()
    assert f"already running from {site.var}" in said
    assert f"kill {first.pid}" in said
    assert "FITBALANCE_VAR=" in said, "it says what to do"
    other = site.var.parent / "other"
    said = site.refused(FITBALANCE_VAR=str(other))
    assert f"Port {site.port} is in use" in said
    assert not (other / "fitbalance.sqlite3").exists(), "refused before anything is done"
    assert first.poll() is None, "the running site did not notice"

    assert (site.var.stat().st_mode & 0o777) == 0o700
    open_ones = [path for path in site.var.rglob("*") if not path.is_symlink() and path.stat().st_mode & 0o077]
    assert not open_ones, "what each program writes is its owner's alone"

    os.kill(first.pid, signal.SIGKILL)
    first.wait(10)
    wait(lambda: not of_folder(site.var), 5, f"left behind: {of_folder(site.var)}")

    wait(lambda: not site.answers(), 5, "the port is free again")
    second = site.start()
    wait(site.answers, 180, "no start after a death")
    middle = next(p for p in psutil.Process(second.pid).children() if "supervisord" in " ".join(p.cmdline()))
    middle.kill()
    wait(lambda: not of_folder(site.var), 10, f"left behind: {of_folder(site.var)}")
    second.wait(10)


def test_the_lock_is_had_alone_until_it_is_shared(tmp_path: Path) -> None:
    lock = one_site.take(tmp_path)
    program = [*one_site.wrapped(tmp_path, sys.executable), *SLEEPER]
    early = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert early.returncode == 1, "no program while the site is prepared"
    lock.share()
    running = subprocess.Popen(program, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    assert running.stdout.readline() == "up\n"
    lock.release()
    with pytest.raises(one_site.Refused, match=f"ended still run from .*: {running.pid}") as refused:
        one_site.take(tmp_path, wait_s=0.5)
    assert f"kill {running.pid}" in str(refused.value)
    running.kill()
    running.wait()
    one_site.take(tmp_path, wait_s=5).release()


def test_a_start_waits_for_the_last_ones_to_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lock = one_site.take(tmp_path)
    lock.share()
    program = [
        *one_site.wrapped(tmp_path, sys.executable),
        sys.executable,
        "-c",
        "print(1); import time; time.sleep(2)",
    ]
    running = subprocess.Popen(program, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    wait(lambda: running.pid in one_site.holders(tmp_path / one_site.LOCK), 10, "it takes its share")
    lock.release()
    one_site.take(tmp_path, wait_s=20).release()
    assert "Waiting for the last processes" in capsys.readouterr().out
    running.wait(5)


def test_a_taken_port_and_an_old_redis_are_refused(tmp_path: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        listener.listen()
        with pytest.raises(one_site.Refused, match=f"Port {port} is in use.*PORT={port + 10}"):
            one_site.refuse_taken_port("127.0.0.1", port, "PORT")
    one_site.refuse_taken_port("127.0.0.1", port, "PORT")
    path = tmp_path / "redis.sock"
    one_site.refuse_served_socket(path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        with pytest.raises(one_site.Refused, match="Redis"):
            one_site.refuse_served_socket(path)
    one_site.refuse_served_socket(path)


def test_a_program_dies_with_the_one_that_started_it(tmp_path: Path) -> None:
    """Also what it has become: redis is no Python program."""
    inner = [*one_site.wrapped(tmp_path, sys.executable), "sleep", "120"]
    starter = subprocess.Popen(
        [sys.executable, "-c", f"import subprocess, sys; print(subprocess.Popen({inner!r}).pid, flush=True); input()"],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert starter.stdout is not None
    child = psutil.Process(int(starter.stdout.readline()))
    wait(lambda: child.name() == "sleep", 10, "it becomes its command")
    starter.kill()
    starter.wait()
    wait(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, 5, "it lives on")
