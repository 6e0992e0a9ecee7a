"""What only the real server shows: handshakes, frames over 64 KiB, a client that never reads (rows 34–37)."""

import base64
import json
import os
import socket
import struct
import subprocess
import sys
import time
import urllib.request
from types import SimpleNamespace

import pytest

from tests.e2e.site import ROOT, free_port

PREPARE = """
import json
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("createcachetable", verbosity=0)
from django.utils import timezone
from accounts.models import Athlete
from sessions.models import WorkoutSession
from tests.people import make_user
from tests.live.wire import login_cookie
user = make_user("runner")
athlete = Athlete.objects.create(user=user)
session = WorkoutSession.objects.create(athlete=athlete, title="Live", started_at=timezone.now())
print(json.dumps({"cookie": login_cookie(user), "session": str(session.pk)}))
"""
LIMIT_S = 60


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A real Daphne on a temporary database, without Redis: streams do not need it."""
    var, port = tmp_path_factory.mktemp("live-server"), free_port()
    environment = {key: value for key, value in os.environ.items() if not key.startswith("FITBALANCE")}
    environment |= {
        "FITBALANCE_ENV": "development", "FITBALANCE_VAR": str(var), "DJANGO_SETTINGS_MODULE": "fitbalance.settings",
    }
    made = subprocess.run(
        [sys.executable, "-c", f"import django; django.setup()\n{PREPARE}"],
        cwd=ROOT, env=environment, check=True, capture_output=True,
    )
    facts = json.loads(made.stdout.decode().splitlines()[-1])
    log = (var / "serve.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "fitbalance.serve", "--port", str(port)],
        cwd=ROOT, env=environment, stdout=log, stderr=log,
    )
    try:
        deadline = time.monotonic() + LIMIT_S
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/version/", timeout=2).close()
                break
            except OSError:
                alive = time.monotonic() < deadline and process.poll() is None
                assert alive, (var / "serve.log").read_text()
        yield SimpleNamespace(port=port, log=var / "serve.log", **facts)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


class RawSocket:
    """A websocket client of a few lines, so that a test decides itself when to read."""

    def __init__(self, server, path: str, *, origin: str | None, cookie: bool = True) -> None:
        self.line = socket.create_connection(("127.0.0.1", server.port), timeout=LIMIT_S)
        head = [
            f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{server.port}", "Upgrade: websocket", "Connection: Upgrade",
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}", "Sec-WebSocket-Version: 13",
        ]
        if origin is not None:
            head.append(f"Origin: {origin}")
        if cookie:
            head.append(f"Cookie: sessionid={server.cookie}")
        self.line.sendall(("\r\n".join(head) + "\r\n\r\n").encode())
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self.line.recv(1)
        self.status = int(answer.split()[1])

    def send(self, payload: bytes, opcode: int = 1) -> None:
        size = len(payload)
        length = bytes([0x80 | size]) if size < 126 else (
            struct.pack("!BH", 0x80 | 126, size) if size < 65536 else struct.pack("!BQ", 0x80 | 127, size)
        )
        self.line.sendall(bytes([0x80 | opcode]) + length + b"\0\0\0\0" + payload)

    def say(self, event: str, data: object) -> None:
        self.send(json.dumps({"event": event, "data": data}).encode())

    def frames(self):
        """(opcode, payload) until the line ends; pings are not answered."""
        while True:
            head = self._take(2)
            if head is None:
                return
            size = head[1] & 127
            if size == 126:
                (size,) = struct.unpack("!H", self._take(2) or b"\0\0")
            elif size == 127:
                (size,) = struct.unpack("!Q", self._take(8) or b"\0" * 8)
            payload = self._take(size)
            if payload is None:
                return
            yield head[0] & 15, payload

    def close_code(self) -> int | None:
        for opcode, payload in self.frames():
            if opcode == 8:
                return struct.unpack("!H", payload[:2])[0]
        return None

    def _take(self, n: int) -> bytes | None:
        found = b""
        while len(found) < n:
            try:
                more = self.line.recv(n - len(found))
            except ConnectionResetError:
                return None
            if not more:
                return None
            found += more
        return found


def own(server) -> str:
    return f"http://127.0.0.1:{server.port}"


def test_row_34_origins(server):
    path = f"/ws/live/{server.session}/"
    for origin in ("https://evil.example", "null", None, f"http://localhost:{server.port}"):
        assert RawSocket(server, path, origin=origin).status == 403, origin
    assert RawSocket(server, path, origin=own(server)).status == 101


def test_row_35_unknown_paths_are_accepted_and_closed(server):
    for path in ("/ws/live/5b0f4b3c-0000-4000-8000-000000000000/", "/ws/anything/", "/elsewhere"):
        client = RawSocket(server, path, origin=own(server))
        assert (client.status, client.close_code()) == (101, 4404), path
    anonymous = RawSocket(server, f"/ws/live/{server.session}/", origin=own(server), cookie=False)
    assert (anonymous.status, anonymous.close_code()) == (101, 4404)


def test_row_36_a_frame_over_64_kib(server):
    client = RawSocket(server, f"/ws/live/{server.session}/", origin=own(server))
    client.send(b"x" * 65537)
    assert client.close_code() == 1009


def test_row_36_a_flood(server):
    client = RawSocket(server, f"/ws/live/{server.session}/", origin=own(server))
    message = b'{"event":"credit","data":{"n":1}}' + b" " * 20_000
    try:
        for _ in range(5000):
            client.send(message)
    except OSError:
        pass  # closed while we flood
    assert client.close_code() == 4429


def test_row_37_a_client_that_never_reads(server):
    client = RawSocket(server, f"/ws/live/{server.session}/", origin=own(server))
    client.say("hello", {"layout": "flextail", "rate_hz": 50})
    deadline = time.monotonic() + LIMIT_S
    for n in range(10_000):
        try:
            client.say("samples", {"seq": n, "t": [n / 5], "values": [[0.0] * 5]})
        except OSError:
            break
        assert time.monotonic() < deadline
        time.sleep(0.2)  # the pace of a sensor, not a wait for something
    assert client.close_code() == 4408


def test_a_client_that_reads_stays_and_is_acknowledged(server):
    client = RawSocket(server, f"/ws/live/{server.session}/", origin=own(server))
    client.say("hello", {"layout": "flextail", "rate_hz": 50})
    client.say("samples", {"seq": 7, "t": [0.0], "values": [[0.0] * 5]})
    client.say("finish", {})
    heard = []
    for opcode, payload in client.frames():
        if opcode == 9:
            client.send(payload, opcode=10)
        elif opcode == 1:
            heard.append(json.loads(payload))
        elif opcode == 8:
            break
    assert [message["event"] for message in heard] == ["hello", "ack", "finished"]
    assert heard[1]["data"] == {"seq": 7}
    assert heard[2]["data"]["job"]
