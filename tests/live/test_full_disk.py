"""A stream on a full disk: nothing is acknowledged that is not stored, the sender is told, and nothing is lost.

The first half makes the store fail; the second runs the site on a file system of 48 MB that is really full, where
mounting one is allowed.
"""

import asyncio
import json
import os
import sqlite3
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from contextlib import suppress
from http.cookiejar import CookieJar
from pathlib import Path

import numpy as np
import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError
from websockets.sync.client import connect

from sessions.live.services import storage
from sessions.models import StreamChunk
from tests.live.server import STORED, LiveServer
from tests.live.tiny import movement
from tests.live.wire import Wire, headers_for, live_test
from tests.people import PASSWORD

HELLO = {"layout": "flextail", "rate_hz": 1000}


def full(*_):
    inner = sqlite3.OperationalError("database or disk is full")
    inner.sqlite_errorcode = 13
    raise OperationalError(str(inner)) from inner


@live_test
async def test_frames_wait_unacknowledged_and_are_stored_when_there_is_room(stage, monkeypatch):
    t, x = movement(2.0)
    async with Wire(stage.path, await sync_to_async(headers_for)(stage.user)) as wire:
        await wire.send("hello", HELLO)
        await wire.hear("hello")
        with monkeypatch.context() as broken:
            broken.setattr(storage, "chunks_store", full)
            await wire.send_samples(0, t[:50], x[:50])
            said = await wire.hear("error")
            assert said["code"] == "disk_full"
            assert "saved on this device" in said["detail"]
            await wire.send_samples(1, t[50:], x[50:])
            await asyncio.sleep(0.5)
            assert not wire.all_of("ack")
        while (await wire.hear("ack"))["seq"] != 1:
            pass
        assert len(wire.all_of("error")) == 1
    assert await StreamChunk.objects.acount() == 2


@live_test
async def test_finishing_on_a_full_disk_does_not_hang_and_comes_back(stage, monkeypatch):
    t, x = movement(1.0)
    headers = await sync_to_async(headers_for)(stage.user)
    with monkeypatch.context() as broken:
        async with Wire(stage.path, headers) as wire:
            await wire.send("hello", HELLO)
            stream = (await wire.hear("hello"))["stream"]
            broken.setattr(storage, "chunks_store", full)
            await wire.send_samples(0, t, x)
            await wire.hear("error")
            await wire.send("finish", {})
            assert await wire.hear_close() == 1013
        async with Wire(stage.path, headers) as wire:
            await wire.send("hello", {**HELLO, "stream": stream})
            assert (await wire.hear("error"))["code"] == "disk_full"
            assert await wire.hear_close() == 1013
    await storage.ChunkWriter.here().drained() if not storage.ChunkWriter.here()._is_full else await asyncio.sleep(3)
    async with Wire(stage.path, headers) as wire:
        await wire.send("hello", {**HELLO, "stream": stream})
        if (await wire.hear("hello"))["last_seq"] is None:
            await wire.send_samples(0, t, x)
            await wire.hear("ack")
        await wire.send("finish", {})
        assert (await wire.hear("finished"))["stream"] == stream
    assert await StreamChunk.objects.acount() == 1


@live_test
async def test_opening_on_a_full_disk_is_refused_for_a_while(stage, monkeypatch):
    monkeypatch.setattr("sessions.live.consumers.hello.stream_open", lambda **_: full())
    async with Wire(stage.path, await sync_to_async(headers_for)(stage.user)) as wire:
        await wire.send("hello", HELLO)
        assert (await wire.hear("error"))["code"] == "disk_full"
        assert await wire.hear_close() == 1013


@live_test
async def test_an_account_over_its_limit_keeps_its_samples_on_the_device(stage, settings):
    settings.ACCOUNT_QUOTA_BYTES = 1
    await sync_to_async(_keep_something)(stage)
    async with Wire(stage.path, await sync_to_async(headers_for)(stage.user)) as wire:
        await wire.send("hello", HELLO)
        said = await wire.hear("error")
        assert said["code"] == "insufficient_storage"
        assert "Your account is limited to" in said["detail"]
        assert await wire.hear_close() == 1013


def _keep_something(stage):
    from web.models import Upload, UploadState

    Upload.objects.create(
        owner=stage.user, filename="a", size=5, part_bytes=5, n_parts=1, state=UploadState.READY,
        expires_at=stage.session.started_at,
    )  # fmt: skip


# -- a real one ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The site on a file system of 48 MB."""
    mount = tmp_path_factory.mktemp("small")
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", mount], capture_output=True, check=False)
    if made.returncode:
        pytest.skip(f"no file system may be mounted here: {made.stderr.decode().strip()}")
    os.environ["DISK_MARGIN_MB"] = "4"
    server = None
    try:
        server = LiveServer(mount / "var")
        yield server
    finally:
        os.environ.pop("DISK_MARGIN_MB")
        if server is not None:
            server.stop()
        subprocess.run(["umount", "-l", mount], check=False)


class Browser:
    """A person with cookies."""

    def __init__(self, server: LiveServer, cookie: str = "") -> None:
        self.url, self.jar = server.url, CookieJar()
        self.cookie = f"sessionid={cookie}" if cookie else ""
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))

    def ask(self, path: str, body: bytes | None = None, **headers: str) -> tuple[int, str]:
        request = urllib.request.Request(self.url + path, body, {"Referer": self.url, "Origin": self.url, **headers})
        if self.cookie:
            request.add_header("Cookie", self.cookie)
        try:
            with self.opener.open(request, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def sign_in(self, password: str) -> int:
        _, page = self.ask("/accounts/login/")
        token = next((one.value for one in self.jar if one.name == "csrftoken"), "")
        assert token, page[:300]
        form = {"login": "runner", "password": password, "csrfmiddlewaretoken": token}
        return self.ask("/accounts/login/", urllib.parse.urlencode(form).encode())[0]


def fill(var: Path) -> Path:
    """Take every byte that is left."""
    ballast = var / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 20, 4096, 1):
            with suppress(OSError):
                while True:
                    file.write(bytes(size))
    return ballast


def test_a_site_whose_disk_is_really_full(small: LiveServer):
    facts = small.facts
    seen = Browser(small, facts["cookie"])
    api = {"Authorization": f"Bearer {facts['token']}"}
    t, x = movement(4.0)
    pieces = np.array_split(np.arange(len(t)), 8)
    address = f"ws://127.0.0.1:{small.port}/ws/live/{facts['session']}/"

    def message(seq: int) -> str:
        at = pieces[seq]
        return json.dumps({"event": "samples", "data": {"seq": seq, "t": t[at].tolist(), "values": x[at].tolist()}})

    with connect(address, additional_headers=api, max_size=None) as line:
        line.send(json.dumps({"event": "hello", "data": {"layout": "flextail", "rate_hz": 1000}}))
        line.send(message(0))
        acks, told = listen(line, until_ack=0)
        assert acks == [0]
        assert not told
        small.run("from web.services.database import database_forget\nout = database_forget()")
        ballast = fill(small.var)
        for seq in range(1, 4):
            line.send(message(seq))
        acks, told = listen(line, for_s=4)
        stored_before = set(acks)  # a page of the database may have had room
        assert "disk_full" in told, (acks, small.log.read_text()[-2000:])
        reading_goes_on(seen)
        signing_in_is_507(small)
        status, text = seen.ask("/healthz")
        assert status == 503
        assert "full" in text
        ballast.unlink()
        for seq in range(4, 8):
            line.send(message(seq))
        acks, _ = listen(line, until_ack=7)
        assert stored_before | set(acks) >= {3, 7}
    found = small.run(f"session = {facts['session']!r}\n{STORED}")
    assert found["seqs"] == list(range(8))
    np.testing.assert_allclose(found["t"], t)
    assert Browser(small).sign_in(PASSWORD) == 200  # after the redirect


def listen(line, *, until_ack: int | None = None, for_s: float = 30.0) -> tuple[list[int], set[str]]:
    """(acknowledged numbers, codes of errors)."""
    acks, told, ends = [], set(), time.monotonic() + for_s
    while time.monotonic() < ends:
        with suppress(TimeoutError):
            said = json.loads(line.recv(timeout=0.2))
            if said["event"] == "ack":
                acks.append(said["data"]["seq"])
            elif said["event"] == "error":
                told.add(said["data"]["code"])
        if until_ack is not None and acks and acks[-1] >= until_ack:
            break
    return acks, told


def reading_goes_on(seen: Browser) -> None:
    for path in ("/", "/workouts/", "/settings/data/", "/api/v1/me/", "/api/v1/uploads/"):
        status, text = seen.ask(path)
        assert status == 200, (path, status, text[:400])


def signing_in_is_507(small: LiveServer) -> None:
    codes = [Browser(small).sign_in(PASSWORD) for _ in range(7)]
    assert codes == [507] * 7
    wrong = [Browser(small).sign_in("wrong") for _ in range(2)]
    assert set(wrong) <= {200, 507}, wrong  # an audit line may find no room
