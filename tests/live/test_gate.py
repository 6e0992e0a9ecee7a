"""Who may open a websocket (acceptance rows 34 and 35)."""

from datetime import timedelta
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from accounts.models import TokenScope
from accounts.services.tokens import token_create, token_revoke
from tests.live.wire import Wire, headers_for, live_test
from tests.people import make_user


def make_token(user, *scopes):
    return token_create(user=user, name="watch", scopes=scopes, expires_at=timezone.now() + timedelta(days=1))


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", None, "http://localhost:8001", "http://localhost.evil.example", "localhost"],
)
def test_row_34_a_foreign_origin_is_refused_before_accepting(stage, origin):
    @live_test
    async def check():
        headers = await sync_to_async(headers_for)(stage.user, origin=origin)
        async with Wire(stage.path, headers) as wire:
            assert wire.connected is False

    check()


@live_test
async def test_a_trusted_origin_of_the_settings_may_connect(stage, settings):
    settings.CSRF_TRUSTED_ORIGINS = ["https://club.example"]
    headers = await sync_to_async(headers_for)(stage.user, origin="https://club.example")
    async with Wire(stage.path, headers) as wire:
        await wire.send("hello", {"layout": "flextail"})
        assert await wire.hear("hello")


@live_test
async def test_a_token_needs_no_origin_but_the_right_to_stream(stage):
    _, secret = await sync_to_async(make_token)(stage.user, TokenScope.STREAM)
    async with Wire(stage.path, headers_for(origin=None, bearer=secret)) as wire:
        await wire.send("hello", {"layout": "flextail"})
        assert await wire.hear("hello")
    _, read_only = await sync_to_async(make_token)(stage.user, TokenScope.READ)
    for bad in (read_only, "fb_nonsense", "x"):
        async with Wire(stage.path, headers_for(origin=None, bearer=bad)) as wire:
            assert wire.connected is False
    async with Wire(f"{stage.path}?token={secret}", headers_for(origin=None)) as wire:
        assert wire.connected is False, "a token in the address opens nothing"


@live_test
async def test_a_revoked_token_is_cut_while_streaming(stage):
    token, secret = await sync_to_async(make_token)(stage.user, TokenScope.STREAM)
    async with Wire(stage.path, headers_for(origin=None, bearer=secret)) as wire:
        await wire.send("hello", {"layout": "flextail"})
        await wire.hear("hello")
        await sync_to_async(token_revoke)(token=token, by=stage.user)
        assert await wire.hear_close() == 4403


@live_test
async def test_row_35_foreign_missing_and_unknown_are_one_answer(stage):
    other = await sync_to_async(make_user)("other")
    mine = await sync_to_async(headers_for)(other)
    own = await sync_to_async(headers_for)(stage.user)
    asked = [
        (stage.path, mine), (f"/ws/live/{uuid4()}/", own), ("/ws/live/not-a-key/", own), ("/ws/", own),
        (f"/ws/watch/{stage.session.pk}/", mine), (f"/ws/teams/{uuid4()}/", own), (stage.path, headers_for()),
    ]
    for path, headers in asked:
        async with Wire(path, headers) as wire:
            assert wire.connected is True, path
            assert await wire.hear_close() == 4404, path


@live_test
async def test_a_closed_account_and_a_changed_password_are_cut(stage):
    for change in ({"is_active": False}, {"password": "changed"}):
        headers = await sync_to_async(headers_for)(stage.user)
        async with Wire(stage.path, headers) as wire:
            await wire.send("hello", {"layout": "flextail"})
            await wire.hear("hello")
            await type(stage.user).objects.filter(pk=stage.user.pk).aupdate(**change)
            assert await wire.hear_close() == 4403
        await type(stage.user).objects.filter(pk=stage.user.pk).aupdate(is_active=True)


@live_test
async def test_a_deleted_workout_is_cut(stage):
    headers = await sync_to_async(headers_for)(stage.user)
    async with Wire(stage.path, headers) as wire:
        await wire.send("hello", {"layout": "flextail"})
        await wire.hear("hello")
        await sync_to_async(stage.session.delete)()
        assert await wire.hear_close() == 4403
