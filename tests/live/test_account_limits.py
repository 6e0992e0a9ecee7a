"""What one account may have open, and what ends with its password."""

from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from accounts.services.tokens import token_create
from accounts.services.users import password_change
from sessions.live.consumers import hello
from sessions.models import LiveStream, WorkoutSession
from tests.live.wire import Wire, headers_for, live_test
from tests.people import PASSWORD, make_user
from web.consumers import guarded
from web.consumers.access import AccessClock
from web.consumers.limits import Places

NEW = "quite-another-password"


def another_session(stage):
    return WorkoutSession.objects.create(athlete=stage.athlete, title="Second", started_at=timezone.now())


def bearer_of(user):
    return token_create(
        user=user, name="sensor", scopes=["read", "stream"], expires_at=timezone.now() + timedelta(days=1)
    )[1]


async def begun(path, headers):
    wire = Wire(path, headers)
    await wire.__aenter__()
    await wire.send("hello", {"layout": "flextail"})
    return wire


@live_test
async def test_streams_of_one_account_are_limited_over_all_workouts(stage, monkeypatch):
    monkeypatch.setattr(hello, "MAX_STREAMS", 2)
    headers = await sync_to_async(headers_for)(stage.user)
    other = await sync_to_async(another_session)(stage)
    wires = [await begun(stage.path, headers) for _ in range(2)]
    first = (await wires[0].hear("hello"))["stream"]
    await wires[1].hear("hello")
    third = await begun(f"/ws/live/{other.pk}/", headers)
    assert (await third.hear("error"))["code"] == "too_many"
    assert await third.hear_close() == 4429
    again = Wire(stage.path, headers)
    await again.__aenter__()
    await again.send("hello", {"layout": "flextail", "stream": first})
    assert (await again.hear("hello"))["stream"] == first, "who comes back is not one more"
    await sync_to_async(LiveStream.objects.update)(seen_at=timezone.now() - timedelta(minutes=1))
    fourth = await begun(f"/ws/live/{other.pk}/", headers)
    await fourth.hear("hello")


@live_test
async def test_connections_of_one_account_are_limited(stage, monkeypatch):
    monkeypatch.setattr(guarded, "PLACES", Places(2))
    headers = await sync_to_async(headers_for)(stage.user)
    wires = [Wire(stage.path, headers) for _ in range(3)]
    for wire in wires:
        await wire.__aenter__()
    assert await wires[2].hear_close() == 4429
    await wires[0].socket.disconnect()
    async with Wire(stage.path, headers) as fourth:
        await fourth.send("hello", {"layout": "flextail"})
        await fourth.hear("hello")
        neighbour = await sync_to_async(make_user)("neighbour")
        async with Wire("/ws/live/0/", await sync_to_async(headers_for)(neighbour)) as theirs:
            assert await theirs.hear_close() == 4404, "theirs are counted apart"
    await wires[1].socket.disconnect()


@pytest.mark.parametrize("how", ["cookie", "token"])
def test_a_new_password_ends_open_streams(stage, how):
    @live_test
    async def story():
        if how == "cookie":
            headers = await sync_to_async(headers_for)(stage.user)
        else:
            headers = headers_for(bearer=await sync_to_async(bearer_of)(stage.user), origin=None)
        wire = await begun(stage.path, headers)
        await wire.hear("hello")
        await AccessClock.here().check()
        await sync_to_async(password_change)(user=stage.user, current=PASSWORD, new=NEW)
        await AccessClock.here().check()
        assert await wire.hear_close() == 4403

    story()
