"""A real site for the live benchmark: temporary folder, real database, real Redis, the supervisor's own commands."""

from __future__ import annotations

import os
import shlex
import socket
import subprocess
import time
import urllib.request
from datetime import timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TICKS = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def set_up(var: Path, *, servers: int, port: int) -> None:
    """Point Django at the temporary folder; must come before anything reads the settings."""
    for key in [key for key in os.environ if key.startswith("FITBALANCE")]:
        del os.environ[key]
    os.environ |= {
        "FITBALANCE_ENV": "development", "FITBALANCE_VAR": str(var), "WEB_PROCESSES": str(servers),
        "DJANGO_SETTINGS_MODULE": "fitbalance.settings", "LOG_LEVEL": "WARNING", "PORT": str(port),
        "WEB_SPARE": "0",
    }
    import django

    django.setup()


def prepare(*, demo: bool) -> None:
    """Tables, built-in rows and shipped champions; demo life when jobs are to run beside."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)
    call_command("register_champions", verbosity=0)
    from sessions.models import SensorLayout

    assert SensorLayout.objects.filter(key="flextail").exists()
    if demo:
        call_command("load_demo", verbosity=0)


def make_athletes(n: int) -> list[list[str]]:
    """n people, each with a workout and a token that may stream: [path, secret]."""
    import secrets

    from django.contrib.auth.hashers import make_password
    from django.utils import timezone

    from accounts.models import ApiToken, Athlete, TokenScope, User
    from accounts.services.tokens import PREFIX, token_hash
    from sessions.models import WorkoutSession

    now, tag = timezone.now(), secrets.token_hex(3)
    users = User.objects.bulk_create(
        User(username=f"bench{tag}{i}", email=f"bench{tag}{i}@example.org", password=make_password(None))
        for i in range(n)
    )
    athletes = Athlete.objects.bulk_create(Athlete(user=user) for user in users)
    sessions = WorkoutSession.objects.bulk_create(
        WorkoutSession(athlete=athlete, title="Benchmark", started_at=now) for athlete in athletes
    )
    keys = [PREFIX + secrets.token_urlsafe(32) for _ in users]
    ApiToken.objects.bulk_create(
        ApiToken(
            user=user, name="benchmark", prefix=key[:9], secret_hash=token_hash(key), scopes=[TokenScope.STREAM],
            expires_at=now + timedelta(days=1),
        )
        for user, key in zip(users, keys, strict=True)
    )
    return [[f"/ws/live/{session.pk}/", key] for session, key in zip(sessions, keys, strict=True)]


class Site:
    """Processes started with the supervisor's commands."""

    def __init__(self, var: Path, port: int) -> None:
        self.var, self.port = var, port
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, *prefixes: str) -> None:
        """Start every program of the supervisor whose name begins with one of these."""
        from fitbalance.supervise import programs

        for name, command, *_ in programs(self.port, "127.0.0.1"):
            if name.startswith(prefixes) and name not in self._running:
                with (self.var / f"{name}.log").open("wb") as log:
                    self._running[name] = subprocess.Popen(
                        shlex.split(command), cwd=ROOT, stdout=log, stderr=log
                    )

    def wait_until_up(self, limit_s: float = 60.0) -> None:
        deadline = time.monotonic() + limit_s
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/version/", timeout=5).close()
                return
            except OSError:
                if time.monotonic() > deadline or any(p.poll() is not None for p in self._running.values()):
                    raise RuntimeError(self.logs()) from None
                time.sleep(0.1)

    def pids(self, prefix: str) -> list[int]:
        return [process.pid for name, process in self._running.items() if name.startswith(prefix)]

    def logs(self) -> str:
        return "\n".join(f"== {name}\n{(self.var / f'{name}.log').read_text()[-3000:]}" for name in self._running)

    def stop(self) -> None:
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()


def rss_kib(pids: list[int]) -> int:
    """Resident memory of all these processes together."""
    total = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                total += int(line.split()[1])
    return total


def cpu_s(pids: list[int]) -> float:
    """Processor seconds these processes have used so far, their ended children included."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        total += sum(int(fields[i]) for i in range(11, 15))
    return total / TICKS


def cpu_of_tree_s(pids: list[int]) -> float:
    """The same with living children, for workers that fork."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(stat.parent.name))
    everyone, new = list(pids), list(pids)
    while new:
        new = [child for pid in new for child in children.get(pid, [])]
        everyone += new
    total = 0.0
    for pid in everyone:
        try:
            total += cpu_s([pid])
        except OSError:
            continue
    return total


def facts() -> dict[str, Any]:
    """The machine, for whoever reads the figures."""
    import platform

    model = next(
        (line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
         if line.startswith("model name")), platform.machine(),
    )
    memory = int(Path("/proc/meminfo").read_text().split()[1]) // 1024
    return {"processor": model, "cores": os.cpu_count(), "memory_mib": memory, "python": platform.python_version(),
            "system": platform.platform()}
