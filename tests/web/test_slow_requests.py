"""Half-sent requests end: on headers and on bodies, however they drip, and they keep nobody else waiting."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.web.test_serve import HEAD, REPOSITORY, Served, _wait, exchange, read_all

HEAD_S, GRACE_S = 1.0, 1.0
GET = b"GET /version/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("serve")
    environment = {
        **os.environ, "FITBALANCE_VAR": str(folder), "DJANGO_SETTINGS_MODULE": "fitbalance.settings",
        "FITBALANCE_ENV": "development", "REQUEST_HEAD_S": str(HEAD_S), "REQUEST_GRACE_S": str(GRACE_S),
        "REQUEST_BYTES_PER_S": "1000",
    }  # fmt: skip
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "fitbalance.serve", "--port", str(port)],
            cwd=REPOSITORY, env=environment, stdout=log, stderr=log,
        )  # fmt: skip
    server = Served(process, port, Path(folder))
    try:
        _wait(server, folder / "log")
        yield server
    finally:
        process.kill()
        process.wait()


def drip(line: socket.socket, pieces: Iterator[bytes], every_s: float = 0.1) -> tuple[bytes, float]:
    """Send piece after piece until the server has had enough: (its answer, seconds it took)."""
    began = time.monotonic()
    line.settimeout(every_s)
    answer = b""
    while time.monotonic() - began < 15:
        try:
            if piece := next(pieces, b""):
                line.sendall(piece)
            got = line.recv(65536)
            if not got:
                break
            answer += got
        except TimeoutError:
            continue
        except OSError:
            break
    return answer, time.monotonic() - began


def endless(text: bytes) -> Iterator[bytes]:
    while True:
        for at in range(len(text)):
            yield text[at : at + 1]


@pytest.mark.parametrize(
    ("begin", "more"),
    [
        (b"", lambda: endless(b"G")),
        (b"GET /version/ HTTP/1.1\r\nHost: localhost\r\n", lambda: endless(b"X-A: b\r\n")),
        (b"GET /version/ HTTP/1.1\r\nHost: localhost\r\nX-Lo", lambda: iter(())),
        (HEAD + b"Content-Length: 50000\r\n\r\n{", lambda: endless(b" ")),
        (HEAD + b"Content-Length: 50000\r\n\r\n{", lambda: iter(())),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", lambda: endless(b"1\r\n \r\n")),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", lambda: iter(())),
    ],
    ids=["first line", "headers", "silent head", "body", "silent body", "chunks", "silent chunks"],
)
def test_a_request_that_drips_is_ended(served: Served, begin: bytes, more: Callable[[], Iterator[bytes]]):
    with served.connect() as line:
        if begin:
            line.sendall(begin)
        answer, took_s = drip(line, more())
    assert answer.startswith(b"HTTP/1.1 408"), answer[:200]
    document = json.loads(answer.split(b"\r\n\r\n", 1)[1])
    assert document["code"] == "too_slow"
    assert document["request_id"]
    assert took_s < 5


def test_the_second_request_of_a_connection_is_held_to_it_too(served: Served):
    with served.connect() as line:
        line.sendall(b"GET /version/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert line.recv(65536).startswith(b"HTTP/1.1 200")
        answer, took_s = drip(line, endless(b"GET /version/ HTTP/1.1\r\nX-A: b"))
    assert b"HTTP/1.1 408" in answer
    assert took_s < 5


def test_an_idle_connection_may_wait(served: Served):
    with served.connect() as line:
        line.sendall(b"GET /version/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
        line.recv(65536)
        time.sleep(HEAD_S + GRACE_S + 1)
        line.sendall(GET)
        assert read_all(line).startswith(b"HTTP/1.1 200")


def test_a_slow_but_steady_body_arrives(served: Served):
    """Longer than the grace, faster than the least rate."""
    body = b"[" + b" " * 15_998 + b"]"
    with served.connect() as line:
        line.sendall(HEAD + b"Connection: close\r\nContent-Length: 16000\r\n\r\n")
        for at in range(0, 16_000, 1000):
            line.sendall(body[at : at + 1000])
            time.sleep(0.2)
        assert read_all(line).startswith((b"HTTP/1.1 401", b"HTTP/1.1 403"))


def test_three_hundred_half_requests_keep_nobody_waiting(served: Served):
    lines = [served.connect() for _ in range(300)]
    try:
        for n, line in enumerate(lines):
            line.sendall(HEAD + b"Content-Length: 50000\r\n\r\n{" if n % 2 else b"GET /version/ HT")
        took_s = []
        for _ in range(10):
            began = time.monotonic()
            assert exchange(served, GET).startswith(b"HTTP/1.1 200")
            took_s.append(time.monotonic() - began)
        assert sorted(took_s)[5] < 2, took_s
        answers = []
        for line in lines:
            line.settimeout(10)
            answers.append(read_all(line))
    finally:
        for line in lines:
            line.close()
    assert all(answer.startswith(b"HTTP/1.1 408") for answer in answers)
