"""The client in Python that the documentation offers, against a real server that is killed under it."""

import asyncio
import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.e2e.site import ROOT
from tests.live.server import STORED, LiveServer
from tests.live.tiny import movement

PATH = ROOT / "docs" / "clients" / "fitbalance_live.py"
spec = importlib.util.spec_from_file_location("fitbalance_live", PATH)
assert spec is not None
assert spec.loader is not None
fitbalance_live = importlib.util.module_from_spec(spec)
sys.modules["fitbalance_live"] = fitbalance_live
spec.loader.exec_module(fitbalance_live)
LiveClient, StreamRefused = fitbalance_live.LiveClient, fitbalance_live.StreamRefused


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory):
    running = LiveServer(tmp_path_factory.mktemp("client-server"))
    yield running
    running.stop()


def frames(seconds: float, n: int = 10):
    t, x = movement(seconds)
    return [(t[at : at + n].tolist(), x[at : at + n].tolist()) for at in range(0, len(t), n)]


def assert_once(stored: dict, n: int) -> None:
    assert len(stored["t"]) == n
    np.testing.assert_allclose(np.diff(stored["t"]), 0.02, atol=1e-6)
    assert len(set(stored["seqs"])) == len(stored["seqs"])


async def listen(client: "LiveClient") -> list:
    return [event async for event, _ in client]


def test_a_killed_server_loses_nothing_and_stores_nothing_twice(server: LiveServer):
    async def story():
        parts = frames(20.0)
        async with LiveClient(server.url, server.facts["token"], rate_hz=100) as client:
            heard = asyncio.create_task(listen(client))
            for part in parts[:30]:
                client.send(*part)
                await asyncio.sleep(0.02)
            await asyncio.to_thread(server.kill)
            for part in parts[30:60]:
                client.send(*part)
            await asyncio.to_thread(server.start)
            for part in parts[60:]:
                client.send(*part)
            finished = await client.finish()
            assert client.n_connections >= 2
            return client.session, finished, await heard

    session, finished, events = asyncio.run(story())
    assert finished["job"]
    assert "classification_result" in events
    assert_once(server.run(STORED, session=session), 1000)


def test_an_outbox_file_survives_the_program(server: LiveServer, tmp_path: Path):
    path = tmp_path / "outbox.db"
    parts = frames(12.0)

    async def first():
        async with LiveClient(server.url, server.facts["token"], outbox=path) as client:
            for part in parts[:10]:
                client.send(*part)
            await client.settled()
            await asyncio.to_thread(server.kill)
            for part in parts[10:40]:
                client.send(*part)
            assert client.outbox.n_samples == 300
            return client.session

    async def second():
        async with LiveClient(server.url, server.facts["token"], outbox=path) as client:
            assert client.outbox.n_samples == 300
            for part in parts[40:]:
                client.send(*part)
            assert (await client.finish())["job"]
            assert client.outbox.n_samples == 0

    session = asyncio.run(first())
    server.start()
    asyncio.run(second())
    assert_once(server.run(STORED, session=session), 600)


def test_a_stream_that_begins_without_a_server(server: LiveServer):
    async def story():
        parts = frames(10.0)
        server.kill()
        async with LiveClient(server.url, server.facts["token"], title="No signal") as client:
            client.began_at = fitbalance_live.time.time() - 3600  # as if the first sample were an hour old
            for part in parts:
                client.send(*part)
            assert client.session is None
            await asyncio.to_thread(server.start)
            assert (await client.finish())["job"]
            return client.session

    session = asyncio.run(story())
    assert_once(server.run(STORED, session=session), 500)
    age = "from sessions.models import LiveStream\nfrom django.utils import timezone\n"
    age += "out = (timezone.now() - LiveStream.objects.get(session=session).started_at).total_seconds()"
    assert server.run(age, session=session) == pytest.approx(3600, abs=60)


def test_leaving_ends_a_client_whose_connection_breaks_at_that_moment(monkeypatch):
    """The line breaks and the program leaves in one turn of the loop: leaving wins, nothing reconnects."""

    class Socket:
        def __init__(self):
            self.gone = asyncio.get_running_loop().create_future()

        async def __aenter__(self):
            return self

        async def __aexit__(self, *_):
            return None

        async def send(self, _):
            return None

        async def recv(self):
            return await self.gone

    async def story():
        made = []
        monkeypatch.setattr(fitbalance_live, "connect", lambda *_, **__: made.append(Socket()) or made[-1])
        client = await LiveClient("http://localhost", "fb_x", session="s").__aenter__()
        while not made:
            await asyncio.sleep(0)
        for _ in range(5):
            await asyncio.sleep(0)
        made[0].gone.set_exception(fitbalance_live.ConnectionClosed(None, None))
        async with asyncio.timeout(20):
            await client.__aexit__()
        return len(made)

    assert asyncio.run(story()) == 1


def test_a_refusal_is_told(server: LiveServer):
    async def story(**options):
        async with LiveClient(server.url, **options) as client:
            client.send([0.0], [[0.0] * 5])
            await client.finish()

    with pytest.raises(StreamRefused, match="401|403"):
        asyncio.run(story(token="fb_nonsense"))
    with pytest.raises(StreamRefused, match="4404"):
        asyncio.run(story(token=server.facts["token"], session="5b0f4b3c-0000-4000-8000-000000000000"))


def test_the_program_streams_a_file(server: LiveServer, tmp_path: Path):
    t, x = movement(8.0)
    file = tmp_path / "squats.csv"
    rows = [",".join(map(str, [moment, *row])) for moment, row in zip(t, x, strict=True)]
    file.write_text("\n".join(["t,lumbarAngle,sagittal,lateral,twist,acceleration", *rows]))
    done = subprocess.run(
        [sys.executable, PATH, "--site", server.url, "--token", server.facts["token"], "--speed", "10", file],
        capture_output=True, text=True, check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "stored: {" in done.stdout
    assert " s  " in done.stdout, "what was recognised is printed"


def test_it_is_offered_beside_the_documentation(server: LiveServer):
    with fitbalance_live.urllib.request.urlopen(f"{server.url}/api/docs/fitbalance_live.py") as answer:
        assert answer.read().decode() == PATH.read_text()
