"""The guard on real sockets of a real server: access taken back, Redis killed, too much, bad binary frames."""

import asyncio
import contextlib
import json
import struct
import urllib.request

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.live.server import LiveServer
from tests.live.tiny import movement

PATIENCE_S = 30
TAKE_BACK = {
    "workout": "from sessions.models import WorkoutSession; WorkoutSession.objects.get(pk=workout).delete()",
    "token": """
from accounts.models import ApiToken
from accounts.services.tokens import token_revoke
token_revoke(token=ApiToken.objects.get(pk=token), by=ApiToken.objects.get(pk=token).user)
""",
    "consent": """
from accounts.models import CoachScope, Consent, ConsentKind
from accounts.services.consent import consent_withdraw
row = Consent.objects.active().get(kind=ConsentKind.COACH)
consent_withdraw(athlete=row.athlete, kind=row.kind, scope=row.scope, team=row.team, by=row.athlete.user)
""",
}
FRESH = """
from datetime import timedelta
from django.utils import timezone
from accounts.models import Athlete, TokenScope
from accounts.services.tokens import token_create
from sessions.models import WorkoutSession
from tests.live.wire import login_cookie
athlete = Athlete.objects.get(user__username="runner")
out = []
for _ in range(3):
    workout = WorkoutSession.objects.create(athlete=athlete, title="Another", started_at=timezone.now())
    token, secret = token_create(
        user=athlete.user, name="x", scopes=[TokenScope.STREAM], expires_at=timezone.now() + timedelta(days=1)
    )
    cookie = login_cookie(athlete.user)
    out.append({"workout": str(workout.pk), "token": str(token.pk), "secret": secret, "cookie": cookie})
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory):
    running = LiveServer(tmp_path_factory.mktemp("guard-server"), redis=True)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def fresh(server: LiveServer):
    """Three of a workout, a token and a login, that a test may spoil."""
    return server.run(FRESH)


def opened(server: LiveServer, path: str, *, cookie: str = "", token: str = "") -> ClientConnection:
    headers = {"Authorization": f"Bearer {token}"} if token else {"Cookie": f"sessionid={cookie}"}
    return connect(
        f"ws://127.0.0.1:{server.port}{path}", additional_headers=headers, origin=None if token else server.url,
        compression=None, open_timeout=PATIENCE_S, legacy=True,
    )


def say(wire: ClientConnection, event: str, data: object) -> None:
    wire.send(json.dumps({"event": event, "data": data}))


def hear(wire: ClientConnection, *events: str) -> dict:
    """The data of the next message of one of these events."""
    while True:
        message = json.loads(wire.recv(timeout=PATIENCE_S))
        if message["event"] in events:
            return message["data"]


def close_code(wire: ClientConnection) -> int | None:
    """Read to the end; the code of the close."""
    with pytest.raises(ConnectionClosed) as closed:
        _read_on(wire)
    return closed.value.rcvd and closed.value.rcvd.code


def _read_on(wire: ClientConnection) -> None:
    while True:
        wire.recv(timeout=PATIENCE_S)


def binary(seq: int, t: np.ndarray, x: np.ndarray) -> bytes:
    return struct.pack("<4sIQ", b"FBS1", len(t), seq) + t.astype("<f8").tobytes() + x.astype("<f4").tobytes()


def streaming(server: LiveServer, session: str, **identity: str) -> ClientConnection:
    wire = opened(server, f"/ws/live/{session}/", **identity)
    say(wire, "hello", {"layout": "flextail", "rate_hz": 1000})
    hear(wire, "hello")
    t, x = movement(1.0)
    wire.send(binary(0, t, x))
    hear(wire, "ack")
    return wire


def sign_out(server: LiveServer, cookie: str) -> int:
    token = "x" * 32
    headers = {"Cookie": f"sessionid={cookie}; csrftoken={token}", "X-CSRFToken": token}
    request = urllib.request.Request(f"{server.url}/accounts/logout/", b"", headers)
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
        return answer.status


def test_a_revoked_token_ends_the_stream(server, fresh):
    wire = streaming(server, fresh[0]["workout"], token=fresh[0]["secret"])
    server.run(TAKE_BACK["token"], token=fresh[0]["token"])
    assert close_code(wire) == 4403


def test_signing_out_ends_the_stream(server, fresh):
    wire = streaming(server, fresh[1]["workout"], cookie=fresh[1]["cookie"])
    assert sign_out(server, fresh[1]["cookie"]) == 200
    assert close_code(wire) == 4403


def test_deleting_the_workout_ends_the_stream(server, fresh):
    wire = streaming(server, fresh[2]["workout"], cookie=fresh[2]["cookie"])
    server.run(TAKE_BACK["workout"], workout=fresh[2]["workout"])  # as an erased account takes it along
    assert close_code(wire) == 4403


def test_row_35_somebody_elses_is_answered_like_nothing(server):
    nothing = "5b0f4b3c-0000-4000-8000-000000000000"
    for room, pk in (("live", "session"), ("watch", "session"), ("teams", "team")):
        told = []
        for key in (server.facts[pk], nothing):
            wire = opened(server, f"/ws/{room}/{key}/", cookie=server.facts["other"])
            with pytest.raises(ConnectionClosed) as closed:
                wire.recv(timeout=PATIENCE_S)
            told.append(str(closed.value))
        assert told[0] == told[1], room
        assert "4404" in told[0]


def test_row_36_more_samples_than_declared_or_than_anybody_may(server):
    t, x = movement(100.0)
    for rate_hz, n in ((50, 25), (1000, 500)):
        wire = opened(server, f"/ws/live/{server.facts['session']}/", token=server.facts["token"])
        say(wire, "hello", {"layout": "flextail", "rate_hz": rate_hz})
        hear(wire, "hello")
        with contextlib.suppress(ConnectionClosed):  # closed while we send
            for seq in range(9):
                wire.send(binary(seq, t[seq * n : seq * n + n], x[seq * n : seq * n + n]))
        assert close_code(wire) == 4429, rate_hz


def test_row_38_bad_binary_frames_are_named_and_the_stream_goes_on(server):
    wire = streaming(server, server.facts["session"], token=server.facts["token"])
    t, x = movement(6.0)
    nan = x[50:60].copy()
    nan[3, 2] = np.nan
    for frame, reason in (
        (binary(1, t[50:60], nan), "not_finite"), (binary(2, t[50:60][::-1], x[50:60]), "out_of_order"),
        (binary(0, t[50:60], x[50:60]), "duplicate"), (binary(3, t[50:60] + 1e6, x[50:60]), "future"),
        (binary(4, t[50:60], x[50:60, :4]), "channels"), (b"FBS1", "not_a_frame"),
    ):
        wire.send(frame)
        assert hear(wire, "bad_sample", "ack")["reason"] == reason
    wire.send(binary(5, t[50:200], x[50:200]))
    assert hear(wire, "classification_result")["seq"] == 5
    wire = streaming(server, server.facts["session"], token=server.facts["token"])
    for _ in range(101):
        wire.send(binary(1, t[50:60], nan))
    assert close_code(wire) == 4400


def test_streams_do_not_notice_a_killed_redis_and_watchers_come_back(server):
    """Afterwards the coach's screen ends with the consent."""

    async def story():
        t, x = movement(3000.0)
        seq = 0
        wire = await asyncio.to_thread(streaming, server, server.facts["session"], token=server.facts["token"])
        coach = await asyncio.to_thread(
            opened, server, f"/ws/watch/{server.facts['session']}/", cookie=server.facts["coach"]
        )

        async def stream_until(done: "asyncio.Task[object]") -> None:
            nonlocal seq
            while not done.done():
                seq += 1
                part = slice(seq * 50, seq * 50 + 50)
                await asyncio.to_thread(wire.send, binary(seq, t[part], x[part]))
                assert (await asyncio.to_thread(hear, wire, "ack"))["seq"] == seq
            await done

        def seen() -> None:
            """Until the coach sees an answer to something that is sent from now on."""
            now = seq
            while hear(coach, "classification_result")["seq"] <= now:
                pass

        def watched() -> asyncio.Task:
            return asyncio.create_task(asyncio.to_thread(seen))

        await stream_until(watched())
        await asyncio.to_thread(server.kill_redis)
        await stream_until(asyncio.create_task(asyncio.sleep(1.0)))
        begun = seq
        await stream_until(asyncio.create_task(asyncio.sleep(2.0)))
        assert seq > begun
        await asyncio.to_thread(server.start)
        await stream_until(watched())
        await asyncio.to_thread(server.run, TAKE_BACK["consent"])
        await stream_until(asyncio.create_task(asyncio.to_thread(close_code, coach)))
        return close_code(coach)

    assert asyncio.run(story()) == 4403
