"""The sockets of the models server: bounded in size, in time and in number."""

import socket
import threading
import time
from contextlib import suppress

import pytest

from mlops.ml.hosting import http_server
from mlops.ml.hosting.http_server import Gone, HttpServer, Pace, Reply

QUICK = Pace(idle_s=0.6, head_s=0.6, grace_s=0.6, bytes_per_s=1e6, drain_s=0.6)


@pytest.fixture
def address(request):
    """Where a server echoes bodies of at most 1000 bytes."""
    listener = socket.create_server(("127.0.0.1", 0))

    def echo(asked):
        if asked.path == "/unread":
            return Reply(401, "text/plain", b"no")
        if asked.path == "/gone":
            until = time.monotonic() + 20
            while not asked.hung_up() and time.monotonic() < until:
                time.sleep(0.01)
            seen.append(asked.hung_up())
            raise Gone
        return Reply(200, "text/plain", bytes(asked.read_body()))

    seen: list[bool] = []
    server = HttpServer(listener, echo, max_body_bytes=1000, pace=QUICK)
    server.start()
    yield listener.getsockname(), seen
    server.close()


def say(where, *pieces, pause_s=0.0):
    """What comes back until the server hangs up."""
    with socket.create_connection(where, timeout=30) as raw:
        for piece in pieces:
            raw.sendall(piece)
            time.sleep(pause_s)
        found = b""
        while piece := raw.recv(65536):
            found += piece
        return found


def post(path, body, more=""):
    return f"POST {path} HTTP/1.1\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode() + body


def test_one_connection_answers_again_and_again_until_it_is_idle(address):
    found = say(address[0], post("/", b"one"), post("/", b"two") + post("/", b"three"))
    assert [found.count(word) for word in (b"HTTP/1.1 200 OK", b"one", b"two", b"three")] == [3, 1, 1, 1]
    assert found.endswith(b"three"), "in their order"


def test_a_request_in_pieces_is_whole(address):
    whole = post("/", b"in pieces", "Connection: close\r\n")
    assert say(address[0], *(whole[n : n + 7] for n in range(0, len(whole), 7)), pause_s=0.005).endswith(b"in pieces")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"\x16\x03\x01 nonsense\r\n\r\n", 400),
        (b"GET  / HTTP/1.1\r\n\r\n", 400),
        (b"GET http://other/ HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
        (b"POST / HTTP/1.1\r\nContent-Length: 1001\r\n\r\n", 413),
        (b"GET / HTTP/1.1\r\nX: " + b"y" * 40_000, 431),
        (post("/unread", b"x" * 900), 401),
    ],
)
def test_what_is_refused_is_answered_and_hung_up(sent, status, address):
    found = say(address[0], sent)
    assert found.startswith(f"HTTP/1.1 {status} ".encode())
    assert found.count(b"HTTP/1.1") == 1, "nothing behind a refusal is read as a request"
    assert b"Connection: close" in found


@pytest.mark.parametrize("sent", [b"", b"POST / HT", b"POST / HTTP/1.1\r\nContent-Length: 900\r\n\r\nhalf"])
def test_half_a_request_ends(sent, address):
    assert say(address[0], sent) == b""


def test_who_hangs_up_is_noticed_and_who_waits_is_not_taken_for_gone(address):
    where, seen = address
    with socket.create_connection(where, timeout=30) as raw:
        raw.sendall(post("/gone", b""))
        time.sleep(0.3)
        assert seen == []
    until = time.monotonic() + 20
    while not seen and time.monotonic() < until:
        time.sleep(0.01)
    assert seen == [True]


def test_too_many_connections_are_turned_away_and_leave_room_when_they_go(address, monkeypatch):
    monkeypatch.setattr(http_server, "MAX_CONNECTIONS", 2)
    listener = socket.create_server(("127.0.0.1", 0))
    server = HttpServer(listener, lambda asked: Reply(200, "text/plain", b"yes"), max_body_bytes=10, pace=QUICK)
    server.start()
    where = listener.getsockname()
    held = [socket.create_connection(where, timeout=30) for _ in range(2)]
    try:
        for one in held:
            one.sendall(b"GET / HTTP/1.1\r\n\r\n")
            assert one.recv(100).startswith(b"HTTP/1.1 200")
        assert b" 503 " in say(where, b"")
    finally:
        for one in held:
            one.close()
    until, found = time.monotonic() + 20, b""
    while not found.startswith(b"HTTP/1.1 200"):
        assert time.monotonic() < until, found
        with suppress(ConnectionResetError):  # turned away before it was read
            found = say(where, b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
    server.close()
    assert threading.active_count() < 200
