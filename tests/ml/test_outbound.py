"""Other machines that drip: every request ends by a time of its own, over real sockets."""

import socket
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace

import httpx2
import numpy as np
import pytest

from mlops.ml import outbound, remote
from mlops.ml.hub import Hub, HubError, Listing, RemoteFile, fetch, inspect
from mlops.ml.outbound import large, transport, within
from mlops.ml.published import RULES

TOTAL_S = 1.0
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


class Dripper:
    """A server that sends `first` at once and then `drip` again and again; `n_asked` counts requests."""

    def __init__(self, first: bytes, drip: bytes, every_s: float = 0.1) -> None:
        self.first, self.drip, self.every_s, self.n_asked = first, drip, every_s, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.over = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while not self.over.is_set():
            try:
                line, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(line,), daemon=True).start()

    def _answer(self, line: socket.socket) -> None:
        with line:
            try:
                line.recv(65536)
                self.n_asked += 1
                line.sendall(self.first)
                while not self.over.wait(self.every_s):
                    line.sendall(self.drip)
            except OSError:
                return

    def stop(self) -> None:
        self.over.set()
        self.listener.close()


KINDS = {
    "head": (b"", b"H"),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n"),
    "body": (HEAD + b"Content-Length: 100000\r\n\r\n", b" "),
    "chunks": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "silence": (b"", b""),
}


@pytest.fixture(params=KINDS)
def dripper(request) -> Iterator[Dripper]:
    made = Dripper(*KINDS[request.param])
    yield made
    made.stop()


@pytest.fixture
def timed():
    began = time.monotonic()
    return lambda: time.monotonic() - began


def test_a_request_that_is_dripped_at_is_cut(dripper, timed):
    with httpx2.Client(transport=transport(TOTAL_S), timeout=30) as client:
        with pytest.raises(httpx2.TimeoutException):
            client.get(dripper.url)
    assert timed() < TOTAL_S + 1


def test_a_download_that_drips_is_cut_too(dripper, timed):
    with httpx2.Client(transport=transport(TOTAL_S), timeout=30) as client, large():
        with pytest.raises(httpx2.TimeoutException):
            client.get(dripper.url)
    assert timed() < TOTAL_S + 1


def test_a_steady_download_may_take_longer(monkeypatch, timed):
    server = Dripper(HEAD + b"Content-Length: 30000\r\n\r\n", bytes(2000))
    monkeypatch.setattr(outbound, "LEAST_BYTES_PER_S", 5000)
    try:
        with httpx2.Client(transport=transport(0.5), timeout=30) as client:
            with large():
                assert len(client.get(server.url).content) == 30_000
        assert timed() > 1
        with httpx2.Client(transport=transport(0.5), timeout=30) as client:
            with pytest.raises(httpx2.TimeoutException):
                client.get(server.url)
    finally:
        server.stop()


def test_redirects_share_the_time(timed):
    server = Dripper(b"", b"")
    body = f"HTTP/1.1 302 Found\r\nLocation: {server.url}/again\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    server.drip, server.every_s = body.encode(), 0.3
    try:
        with httpx2.Client(transport=transport(TOTAL_S), timeout=30, follow_redirects=True) as client:
            with pytest.raises(httpx2.TimeoutException):
                client.get(server.url)
    finally:
        server.stop()
    assert timed() < TOTAL_S + 1
    assert server.n_asked >= 2


def test_several_requests_share_the_time(dripper, timed):
    with httpx2.Client(transport=transport(30), timeout=30) as client, within(TOTAL_S):
        for _ in range(3):
            with pytest.raises(httpx2.TimeoutException):
                client.get(dripper.url)
    assert timed() < TOTAL_S + 1


def test_a_hub_that_drips_is_away(dripper, timed, monkeypatch):
    monkeypatch.setattr("mlops.ml.hub.LOOK_S", TOTAL_S)

    with pytest.raises(HubError) as caught:
        inspect(Hub(dripper.url, timeout_s=30), "me/x", rules=RULES)
    assert caught.value.code == "hub_timeout"
    assert caught.value.is_transient
    assert timed() < TOTAL_S + 3  # the client library is loaded, too


def test_a_file_of_a_hub_that_drips_is_given_up(tmp_path, timed):
    server = Dripper(HEAD + b"Content-Length: 100000\r\n\r\n", b"x")
    listing = Listing("me/x", "a" * 40, (RemoteFile("model.onnx", 100_000, ""),))
    try:
        with pytest.raises(HubError) as caught:
            fetch(Hub(server.url, timeout_s=TOTAL_S), listing, tmp_path)
    finally:
        server.stop()
    assert caught.value.code == "hub_timeout"
    assert timed() < TOTAL_S + 3


def test_a_remote_model_that_drips_is_answered_for(dripper, timed):
    remote.configure(remote.Policy(("127.0.0.1",), allow_private=True, timeout_s=TOTAL_S))
    answer = np.array([[0.25, 0.75]], np.float32)
    local = SimpleNamespace(run=lambda *_: [answer])
    try:
        session = remote.RemoteSession({"url": dripper.url}, ("a", "b"), local)
        found = session.run(None, {"input": np.zeros((1, 4, 2), np.float32)})
    finally:
        remote.configure(remote.Policy())
    assert session.source == "fallback"
    assert found[0].tolist() == answer.tolist()
    assert timed() < TOTAL_S + 1.5
