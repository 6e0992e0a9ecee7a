"""The whole site as real processes on a temporary folder: Redis, web, workers, sweeper, demo life."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "fitbalance-demo"


@dataclass(frozen=True)
class Site:
    """A running site: where it is, where it writes, and the environment that its processes have."""

    url: str
    var: Path
    process: subprocess.Popen[bytes]
    environment: dict[str, str]

    def logs(self) -> str:
        """The last lines of every process, for a failing test to show."""
        return "\n".join(
            f"== {path.name}\n" + "\n".join(path.read_text(errors="replace").splitlines()[-25:])
            for path in sorted((self.var / "logs").glob("*.log"))
        )

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(40)
        except subprocess.TimeoutExpired:
            self.process.kill()


def free_port() -> int:
    """A port that nobody has, outside the range from which systems take ports for connections that go out."""
    for _ in range(200):
        port = random.randrange(10_000, 32_000)
        with socket.socket() as listener:
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no port is free")


def start_site(var: Path, *, limit_s: float = 480, **more: str) -> Site:
    """Start everything as `make up` does and wait until it is healthy. more: environment variables"""
    port = free_port()
    environment = {key: value for key, value in os.environ.items() if not key.startswith("FITBALANCE")}
    environment |= {"FITBALANCE_ENV": "development", "FITBALANCE_VAR": str(var), "PORT": str(port)}
    environment |= {"MODELS_PORT": str(free_port()), "FITBALANCE_PARTS": "none"}
    environment["WEB_SPARE"] = "0"
    environment["DJANGO_SETTINGS_MODULE"] = "fitbalance.settings"  # not those of the tests
    environment |= more
    var.mkdir(parents=True, exist_ok=True)
    with (var / "start.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "fitbalance.supervise"],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    site = Site(f"http://127.0.0.1:{port}", var, process, environment)
    started = time.monotonic()
    while time.monotonic() - started < limit_s:
        if process.poll() is not None:
            raise RuntimeError(f"the site ended at once:\n{(var / 'start.log').read_text()}")
        try:
            with urllib.request.urlopen(f"{site.url}/healthz", timeout=2):
                return site
        except OSError:
            time.sleep(0.2)
    site.stop()
    raise RuntimeError(f"the site did not answer:\n{(var / 'start.log').read_text()}\n{site.logs()}")
