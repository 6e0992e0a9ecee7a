"""The web server as a real process: bodies are counted while they arrive."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

MIB = 1024 * 1024
REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Served:
    process: subprocess.Popen
    port: int
    temporary: Path

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def rss(self) -> int:
        return psutil.Process(self.process.pid).memory_info().rss

    def spooled(self) -> int:
        """Bytes in deleted temporary files that the process still holds, and in the visible ones."""
        n_bytes = sum(f.stat().st_size for f in self.temporary.rglob("*") if f.is_file())
        for link in Path(f"/proc/{self.process.pid}/fd").iterdir():
            try:
                if "(deleted)" in os.readlink(link):
                    n_bytes += link.stat().st_size
            except OSError:
                continue
        return n_bytes


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("serve")
    temporary = tmp_path_factory.mktemp("spool")
    environment = {
        **os.environ, "FITBALANCE_VAR": str(folder), "TMPDIR": str(temporary), "LOG_LEVEL": "INFO",
        "DJANGO_SETTINGS_MODULE": "fitbalance.settings", "FITBALANCE_ENV": "development",
    }  # fmt: skip
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "fitbalance.serve", "--port", str(port)],
            cwd=REPOSITORY, env=environment, stdout=log, stderr=log,
        )  # fmt: skip
    server = Served(process, port, temporary)
    try:
        _wait(server, folder / "log")
        yield server
    finally:
        process.kill()
        process.wait()


def _wait(server: Served, log: Path) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        assert server.process.poll() is None, log.read_text()
        try:
            if b" 200 " in exchange(server, b"GET /version/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(log.read_text())


def exchange(server: Served, request: bytes) -> bytes:
    with server.connect() as line:
        line.sendall(request)
        return read_all(line)


def read_all(line: socket.socket) -> bytes:
    answer = b""
    while piece := line.recv(65536):
        answer += piece
    return answer


def problem(answer: bytes) -> dict:
    head, body = answer.split(b"\r\n\r\n", 1)
    assert head.startswith(b"HTTP/1.1 413"), answer[:300]
    assert b"application/problem+json" in head
    return json.loads(body)


HEAD = b"POST /api/v1/uploads/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


def test_an_announced_body_is_refused_before_it_comes(served: Served):
    answer = exchange(served, HEAD + b"Content-Length: 5368709120\r\n\r\n{")
    assert problem(answer)["code"] == "too_large"


def test_nobody_is_told_to_continue_with_too_much(served: Served):
    answer = exchange(served, HEAD + b"Expect: 100-continue\r\nContent-Length: 5368709120\r\n\r\n")
    assert b"100 Continue" not in answer
    assert problem(answer)["code"] == "too_large"


def test_a_chunked_body_is_counted_and_costs_no_memory_or_disk(served: Served):
    before = served.rss()
    piece = b"%x\r\n" % MIB + bytes(MIB) + b"\r\n"
    n_sent, peak, spooled = 0, before, 0
    with served.connect() as line:
        line.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        try:
            for _ in range(64):
                line.sendall(piece)
                n_sent += 1
                peak, spooled = max(peak, served.rss()), max(spooled, served.spooled())
        except OSError:
            pass  # hung up, which is as good
        answer = read_all(line)
    assert problem(answer)["code"] == "too_large"
    assert n_sent >= 16
    assert peak - before < 50 * MIB
    assert spooled < 50 * MIB
    assert served.spooled() < MIB


def test_a_length_that_is_too_small_ends_the_request_there(served: Served):
    before = served.rss()
    with served.connect() as line:
        line.sendall(HEAD + b"Content-Length: 2\r\n\r\n{}")
        try:
            for _ in range(32):
                line.sendall(bytes(MIB))
        except OSError:
            pass
        try:
            answer = read_all(line)
        except OSError:
            answer = b""
    assert b" 200 " not in answer
    assert served.rss() - before < 50 * MIB


def test_a_body_of_the_largest_size_reaches_django(served: Served):
    body = b"[" + b" " * (3 * MIB) + b"]"
    answer = exchange(served, HEAD + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    assert answer.startswith((b"HTTP/1.1 401", b"HTTP/1.1 403", b"HTTP/1.1 413"))


def test_terminating_is_clean(served: Served):
    """Last in the file: the server is gone afterwards."""
    served.process.send_signal(signal.SIGTERM)
    assert served.process.wait(timeout=30) == 0
