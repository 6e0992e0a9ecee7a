"""Talking to a websocket of the site in a test, without a server."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from asgiref.sync import async_to_sync
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

PATIENCE_S = 10.0


def login_cookie(user: Any) -> str:
    """The session key of a fresh login."""
    store = SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.save()
    return store.session_key


def headers_for(
    user: Any = None, *, origin: str | None = "http://localhost", bearer: str = ""
) -> list[tuple[bytes, bytes]]:
    headers = [(b"host", b"localhost")]
    if origin is not None:
        headers.append((b"origin", origin.encode()))
    if bearer:
        headers.append((b"authorization", f"Bearer {bearer}".encode()))
    if user is not None:
        headers.append((b"cookie", f"{settings.SESSION_COOKIE_NAME}={login_cookie(user)}".encode()))
    return headers


class Wire:
    """One connection. `async with Wire(path, headers) as wire:`"""

    def __init__(self, path: str, headers: list[tuple[bytes, bytes]]) -> None:
        from fitbalance.sockets import websocket_application

        self.socket = WebsocketCommunicator(websocket_application, path, headers=headers)
        self.seen: list[dict[str, Any]] = []
        self.code: int | None = None

    async def __aenter__(self) -> "Wire":
        self.connected, self.refused = await self.socket.connect(timeout=PATIENCE_S)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.connected and self.code is None:
            await self.socket.disconnect()

    async def send(self, event: str, data: Any) -> None:
        await self.socket.send_to(text_data=json.dumps({"event": event, "data": data}))

    async def send_samples(self, seq: int, t: Any, values: Any) -> None:
        await self.send("samples", {"seq": seq, "t": t.tolist(), "values": values.tolist()})

    async def hear(self, *events: str) -> dict[str, Any]:
        """The data of the next message of one of these events; others are kept in `seen`."""
        while True:
            output = await self.socket.receive_output(timeout=PATIENCE_S)
            if output["type"] == "websocket.close":
                self.code = output["code"]
                raise AssertionError(f"closed with {self.code} while waiting for {events}")
            message = json.loads(output["text"])
            self.seen.append(message)
            if message["event"] in events:
                return message["data"]

    async def hear_close(self) -> int:
        """Wait for the close and return its code."""
        while self.code is None:
            output = await self.socket.receive_output(timeout=PATIENCE_S)
            if output["type"] == "websocket.close":
                self.code = output["code"]
            else:
                self.seen.append(json.loads(output["text"]))
        return self.code

    def all_of(self, event: str) -> list[dict[str, Any]]:
        return [message["data"] for message in self.seen if message["event"] == event]


def live_test(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """Run an async test in an event loop of its own, with database calls on the test's connection."""

    @wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        async def all_of_it() -> None:
            await asyncio.wait_for(test(*args, **kwargs), 60)

        async_to_sync(all_of_it)()

    return run
