"""The base of all websockets: accept, check, limit, send in order, check again, close with a reason."""

import asyncio
import contextlib
import json
import logging
import time
from typing import Any

from channels.consumer import AsyncConsumer
from django.utils import translation

from web.consumers import codes
from web.consumers.access import AccessClock
from web.consumers.limits import Credit, Places, SecondWindow

logger = logging.getLogger(__name__)

MAX_FRAME_BYTES = 64 * 1024
MAX_MESSAGES_PER_S = 200
MAX_OUTBOX = 512
PLACES = Places(40)
"""Websockets of one person in this process: streams, boards and pages that watch, in several windows."""
SLOW_AFTER_S = 10.0
NORMAL = 1000
DIRECT = "web.direct"
"""ASGI scope extension: the protocol of our own server (`web.consumers.transport`), where a consumer finds it."""
_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False, check_circular=False).encode


class GuardedConsumer(AsyncConsumer):
    """One connection. Subclasses write `enter`, `received` and, where they hold something, `left`.

    A path that does not exist and one that is not allowed are both accepted and then closed with 4404 (a
    close before accepting can only be an HTTP 403). Nothing here touches the database or the channel layer
    per message, and `post` may be called from anywhere in the event loop. The loop is plain ASGI; under our own server
    (`web.consumers.transport`) messages and answers take a shorter way, in the same order.
    """

    max_messages_per_s: int = MAX_MESSAGES_PER_S

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        with PLACES.one(getattr(scope.get("user"), "pk", None)) as is_free:
            if is_free:
                await self._serve(scope, receive, send)
                return
        await receive()  # websocket.connect
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": codes.TOO_FAST})

    async def _serve(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        self.scope = scope
        self.base_send = send
        if language := getattr(scope.get("user"), "language", ""):
            translation.activate(language)  # in this connection's task alone
        self.credit: Credit | None = None
        self.closing: int | None = None
        self._messages = SecondWindow(self.max_messages_per_s)
        self._is_counted = False
        self._outbox: list[str] = []
        self._sender: asyncio.Task[None] | None = None
        self._credit_came: asyncio.Event | None = None
        self._incoming: asyncio.Future[Any] | None = None
        self._line = scope.get("extensions", {}).get(DIRECT)
        await receive()  # websocket.connect
        try:
            entered = await self.enter()
        except Exception:
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.close", "code": codes.BROKEN})
            raise
        await send({"type": "websocket.accept"})
        if not entered:
            await send({"type": "websocket.close", "code": codes.NOT_FOUND})
            return
        clock = AccessClock.here()
        clock.add(self)
        try:
            await self.ready()
            if self._line is not None:
                self._line.direct = self._arrived
            await self._receive_all(receive)
        finally:
            clock.discard(self)
            if self._line is not None:
                self._line.direct = None
            try:
                await self.left()
            finally:
                await self._stop_sending()

    # -- what a subclass writes ----------------------------------------------------------------------

    async def enter(self) -> bool:
        """Load what the path names and say whether the caller may connect."""
        return False

    async def ready(self) -> None:
        """Right after accepting: say hello, subscribe."""

    async def received(self, text: str | None, data: bytes | None) -> None:
        """One frame within the limits."""

    def received_now(self, text: bytes | None, data: bytes | None) -> bool:
        """The same without waiting: True when it was handled, False to have `received` called."""
        return False

    async def left(self) -> None:
        """The connection is over, whoever ended it."""

    @classmethod
    def still_allowed(cls, consumers: list[Any]) -> set[Any]:
        """Those that may stay. Called in a thread every few seconds, for all connections of the class at once."""
        return set(consumers)

    # -- sending -------------------------------------------------------------------------------------

    def post(self, event: str, data: dict[str, Any]) -> None:
        """Queue `{"event", "data"}`; in order, never waits. Too much unread closes with 4408."""
        if self.closing is None:
            self.post_text(_encode({"event": event, "data": data}))

    def post_text(self, text: str) -> None:
        """The same for a message that is JSON already."""
        if self.closing is not None:
            return
        if self._line is not None and self.credit is None and not self._outbox:
            self._line.send_text(text.encode())
        elif len(self._outbox) >= MAX_OUTBOX:
            self.end(codes.TOO_SLOW)
        else:
            self._outbox.append(text)
            self._send_soon()

    def end(self, code: int) -> None:
        """Close with `code` after what is queued (a client that does not read gets the close at once).

        May be called from anywhere in the event loop; waiting for the client's next message stops.
        """
        if self.closing is None:
            self.closing = code
            if code != NORMAL:
                logger.info("websocket %s ends with %s", self.scope["path"], code)
            if code == codes.TOO_SLOW:
                self._outbox.clear()
            if self._line is not None and code in codes.OFFENCES:
                self._line.muted = True
            self._send_soon()
            if self._incoming is not None and not self._incoming.done():
                self._incoming.cancel()

    def _send_soon(self) -> None:
        if self._credit_came is not None:
            self._credit_came.set()
        if self._sender is None or self._sender.done():
            self._sender = asyncio.ensure_future(self._send_all())

    async def _send_all(self) -> None:
        """The only place that takes from the queue: keeps the order and the credit window; ends when it is empty."""
        came = self._credit_came = self._credit_came or asyncio.Event()
        try:
            while self._outbox or self.closing is not None:
                came.clear()
                while self._outbox and self._may_send():
                    await self.base_send({"type": "websocket.send", "text": self._outbox.pop(0)})
                if self.closing is not None:
                    await self.base_send({"type": "websocket.close", "code": self.closing})
                    return
                if self._outbox:
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(1.0):  # wait_for may lose a cancellation before Python 3.12
                            await came.wait()
        except Exception:
            logger.info("a websocket went away while it was written to", exc_info=True)

    async def _stop_sending(self) -> None:
        """Let a close that was asked for go out; what else waits has nobody to go to."""
        if self._sender is not None:
            if self.closing is None:
                self._sender.cancel()
            await asyncio.gather(self._sender, return_exceptions=True)

    def _may_send(self) -> bool:
        if self.credit is None or self.closing is not None:
            return True
        now = time.monotonic()
        if self.credit.spend(now):
            return True
        if self.credit.exhausted_at is not None and now - self.credit.exhausted_at > SLOW_AFTER_S:
            self.end(codes.TOO_SLOW)
        return False

    # -- receiving -----------------------------------------------------------------------------------

    def _arrived(self, payload: bytes, is_binary: bool) -> bool:
        """From our own server: a message that nothing waits before. False leaves it to `_receive_all`."""
        if self._incoming is None or self._incoming.done() or len(payload) > MAX_FRAME_BYTES:
            return False  # an earlier one is still worked on, or it is for the slow way to refuse
        if not self._messages.take(1, time.monotonic()):
            self.end(codes.TOO_FAST)
            return True
        try:
            handled = self.received_now(None, payload) if is_binary else self.received_now(payload, None)
            self._is_counted = not handled
            return handled
        except Exception:
            logger.exception("a message on %s broke its handler", self.scope["path"])
            self.end(codes.BROKEN)
            return True

    async def _receive_all(self, receive: Any) -> None:
        while self.closing is None:
            message = await self._next(receive)
            if message is None or message["type"] == "websocket.disconnect":
                return
            text, data = message.get("text"), message.get("bytes")
            size = len(data) if data is not None else len(text or "")
            if size > MAX_FRAME_BYTES:
                self.end(codes.TOO_LARGE)
            elif not self._is_counted and not self._messages.take(1, time.monotonic()):
                self.end(codes.TOO_FAST)
            else:
                self._is_counted = False
                await self.received(text, data)

    async def _next(self, receive: Any) -> dict[str, Any] | None:
        """The next message, or None as soon as this side closes (access taken back, too slow …)."""
        self._incoming = asyncio.ensure_future(receive())
        try:
            return await self._incoming
        except asyncio.CancelledError:
            if self.closing is None:
                raise
            return None

    def take_credit_message(self, data: Any) -> None:
        """Handle `{"event": "credit", "data": {"n": k}}`."""
        n = data.get("n") if isinstance(data, dict) else None
        if self.credit is not None and isinstance(n, int) and not isinstance(n, bool):
            self.credit.give(n)
            self._send_soon()
