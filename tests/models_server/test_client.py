"""The client against servers that die, drip, lie, or are several."""

import json
import os
import socket
import threading
import time

import numpy as np
import pytest

from mlops.ml.hosting import codec
from mlops.ml.hosting.client import ModelsClient
from mlops.ml.hosting.connection import Address
from mlops.ml.hosting.errors import BadRequest, ModelBusy, ModelFailed, ModelUnavailable, error_from_json
from mlops.serving.services import models as client_module
from mlops.serving.services.models import models_client
from tests.e2e.site import free_port
from tests.models_server.server import rude_server

LIMIT_S = 1.0


def head(status, body, content_type="application/json", **headers):
    lines = [f"HTTP/1.1 {status} x", f"Content-Type: {content_type}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def read_request(connection):
    """Headers and body of one request; None when the other side has hung up."""
    raw = b""
    while b"\r\n\r\n" not in raw:
        piece = connection.recv(65536)
        if not piece:
            return None
        raw += piece
    top, body = raw.split(b"\r\n\r\n", 1)
    length = int(next(line for line in top.lower().split(b"\r\n") if line.startswith(b"content-length")).split(b":")[1])
    while len(body) < length:
        body += connection.recv(65536)
    return body


def says(*answers, seen=None):
    """Behave like a server that gives these bytes, one after another on a connection, the last for ever."""

    def behave(connection):
        n = 0
        while (body := read_request(connection)) is not None:
            if seen is not None:
                seen.append(body)
            connection.sendall(answers[min(n, len(answers) - 1)])
            n += 1

    return behave


GOOD = head(200, codec.encode({"outputs": [1]}), codec.CONTENT_TYPE)
BUSY = head(503, json.dumps({"error": "busy", "code": "busy", "detail": "full", "retry_after_s": 3}).encode())
FAILED = head(422, json.dumps({"error": "failed", "code": "bad_shape", "detail": "no"}).encode())


def drip(connection):
    """A good answer, byte by byte: complete long after the limit, and never a pause as long as that."""
    read_request(connection)
    for byte in GOOD:
        connection.sendall(bytes([byte]))
        time.sleep(LIMIT_S / 20)


def drip_body(connection):
    read_request(connection)
    connection.sendall(GOOD[:-60])
    for byte in GOOD[-60:]:
        connection.sendall(bytes([byte]))
        time.sleep(LIMIT_S / 20)


def late(connection):
    read_request(connection)
    time.sleep(5 * LIMIT_S)
    connection.sendall(GOOD)


def late_reading(connection):
    time.sleep(5 * LIMIT_S)
    read_request(connection)
    connection.sendall(GOOD)


def reset(connection):
    connection.recv(10)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")


@pytest.mark.parametrize(
    "behave",
    [
        drip,
        drip_body,
        late,
        late_reading,
        reset,
        lambda connection: None,
        says(b"\x00" * 100_000),
        says(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000),
        says(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n"),
        says(head(200, b"junk", codec.CONTENT_TYPE)),
        says(head(200, codec.encode([1]), codec.CONTENT_TYPE)),
        says(head(200, b"<html>another server</html>", "text/html")),
        says(head(404, b"<html>another server</html>", "text/html")),
        says(head(503, b'{"error": "busy", "retry_after_s": "soon"}')),
        says(head(503, b'{"error": "new kind"}')),
        says(head(500, b"[]")),
        says(head(302, b"")),
        says(GOOD[:-5].replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1)),
        says(head(200, bytes(3 * 1024 * 1024), codec.CONTENT_TYPE)),
    ],
)
def test_a_bad_server_is_unavailable_within_the_limit(behave):
    """Those that are slow would give a good answer to whoever waits longer than the limit."""
    body = np.zeros(200_000, np.uint8)  # more than the socket's buffers hold for somebody who does not read
    with rude_server(behave) as address:
        client = ModelsClient([address], max_bytes=2 * 1024 * 1024)
        with pytest.raises(ModelUnavailable):
            client.answer("toy:double", body, LIMIT_S)


def test_nobody_there(tmp_path):
    client = ModelsClient([f"http://127.0.0.1:{free_port()}"])
    with pytest.raises(ModelUnavailable):
        client.answer("toy:double", [1], LIMIT_S)
    with pytest.raises(ModelUnavailable):
        ModelsClient(["http://no.such.host.invalid:80"]).answer("toy:double", [1], LIMIT_S)
    with pytest.raises(ModelUnavailable):
        ModelsClient([]).answer("toy:double", [1], LIMIT_S)


def test_a_killed_server_opens_the_breaker_and_a_new_one_closes_it(own_server):
    server = own_server()
    now = [0.0]
    client = server.client(clock=lambda: now[0])
    assert client.answer("toy:double", np.ones(1), 30) == [2.0]
    server.kill()
    for _ in range(5):
        with pytest.raises(ModelUnavailable, match="no usable answer"):
            client.answer("toy:double", np.ones(1), LIMIT_S)
    with pytest.raises(ModelUnavailable, match="left alone"):
        client.answer("toy:double", np.ones(1), LIMIT_S)
    now[0] = 31.0
    with pytest.raises(ModelUnavailable, match="no usable answer"):
        client.answer("toy:double", np.ones(1), LIMIT_S)
    server.start()
    with pytest.raises(ModelUnavailable, match="left alone"):
        client.answer("toy:double", np.ones(1), 30)
    now[0] = 62.0
    for _ in range(3):
        assert client.answer("toy:double", np.ones(1), 30) == [2.0]


def test_a_connection_is_kept_and_a_stale_one_costs_nothing(own_server):
    server = own_server()
    client = server.client(n_failures=1)
    for _ in range(3):
        assert client.answer("toy:double", np.ones(1), 30) == [2.0]
    (idle,) = client._servers[0]._idle
    assert idle[1]._sock.fileno() >= 0
    server.stop()
    server.start()
    assert client.answer("toy:double", np.ones(1), 30) == [2.0], "the restart is not taken for a failure"


def test_many_threads_share_one_client(server):
    client, found = server.client(), {}

    def ask(n):
        for k in range(10):
            found[n, k] = client.answer(f"toy:double.{n % 3}", np.full(2, 100 * n + k), 60)

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(value.tolist() == [2 * (100 * n + k)] * 2 for (n, k), value in found.items())
    assert len(found) == 40


def test_each_key_has_its_own_order_and_a_new_server_changes_few():
    addresses = [f"http://10.0.0.{n}:8001" for n in range(1, 5)]
    keys = [f"version:{n}" for n in range(200)]

    def first(known):
        client = ModelsClient(known)
        return {key: str(client._in_order(key)[0].address) for key in keys}

    four, three = first(addresses), first(addresses[:3])
    assert first(list(reversed(addresses))) == four
    assert all(30 <= list(four.values()).count(address) <= 75 for address in addresses)
    assert {key for key in keys if four[key] != three[key]} == {key for key in keys if four[key] == addresses[3]}


def test_the_next_server_is_asked_when_the_first_cannot(server):
    seen: list[bytes] = []
    with rude_server(reset) as dead, rude_server(says(BUSY)) as busy, rude_server(says(GOOD, seen=seen)) as good:
        for n in range(12):
            assert ModelsClient([dead, busy, good]).answer(f"version:{n}", [1], 30) == [1]
        assert len(seen) == 12
        with pytest.raises(ModelBusy) as error:
            ModelsClient([dead, busy]).answer("version:1", [1], 30)
        assert error.value.retry_after_s == 3
    with rude_server(says(FAILED)) as failed:
        for n in range(12):
            with pytest.raises(ModelFailed) as own:
                ModelsClient([failed]).answer(f"version:{n}", [1], 30)
            assert own.value.code == "bad_shape"


def test_the_models_own_errors_and_being_busy_do_not_open_the_breaker():
    with rude_server(says(FAILED)) as failed, rude_server(says(BUSY)) as busy:
        for address, kind in ((failed, ModelFailed), (busy, ModelBusy)):
            client = ModelsClient([address])
            for _ in range(8):
                with pytest.raises(kind):
                    client.answer("toy:double", [1], 30)
            assert not client._servers[0].breaker.is_open


def test_too_much_is_refused_before_it_is_sent():
    client = ModelsClient(["http://127.0.0.1:9"], max_bytes=1000)
    with pytest.raises(BadRequest):
        client.answer("toy:double", np.zeros(1000), 30)
    with pytest.raises(BadRequest):
        client.answer("toy:double", [object()], 30)


@pytest.mark.parametrize("text", ["", "127.0.0.1:8001", "https://a:1", "http://a", "http://a:1/x", "http://a:99999999"])
def test_what_is_no_address(text):
    with pytest.raises(ValueError, match=r"."):
        Address.read(text)


@pytest.mark.parametrize(
    "found", [{}, {"error": "x"}, {"error": "failed", "detail": 5}, {"error": "busy", "retry_after_s": -1}]
)
def test_what_describes_no_error(found):
    with pytest.raises(ValueError, match=r"."):
        error_from_json(found)


def test_a_process_has_one_client_and_a_forked_child_its_own(settings, monkeypatch):
    settings.MODELS_ADDRESSES = ["http://127.0.0.1:9"]
    monkeypatch.setattr(client_module, "_client", None)
    mine = models_client()
    assert models_client() is mine
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert models_client() is not mine
