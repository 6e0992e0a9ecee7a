"""The base of all websockets: accept, check, limit, send in order, check again, close with a reason."""

import asyncio
import json
import logging
import time
from collections import deque
from typing import Any

from channels.consumer import AsyncConsumer

from web.consumers import codes
from web.consumers.access import AccessClock
from web.consumers.limits import Credit, SecondWindow

logger = logging.getLogger(__name__)

MAX_FRAME_BYTES = 64 * 1024
MAX_MESSAGES_PER_S = 200
MAX_OUTBOX = 512
SLOW_AFTER_S = 10.0
NORMAL = 1000


class GuardedConsumer(AsyncConsumer):
    """One connection. Subclasses write `enter`, `received` and, where they hold something, `left`.

    A path that does not exist and one that is not allowed are both accepted and then closed with 4404 (a
    close before accepting can only be an HTTP 403). Nothing here touches the database or the channel layer
    per message: the loop is plain ASGI, and `post` may be called from anywhere in the event loop.
    """

    max_messages_per_s: int = MAX_MESSAGES_PER_S

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        self.scope = scope
        self.base_send = send
        self.credit: Credit | None = None
        self.closing: int | None = None
        self._messages = SecondWindow(self.max_messages_per_s)
        self._outbox: deque[str] = deque()
        self._wake = asyncio.Event()
        self._incoming: asyncio.Future[Any] | None = None
        await receive()  # websocket.connect
        try:
            entered = await self.enter()
        except Exception:
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.close", "code": 1011})
            raise
        await send({"type": "websocket.accept"})
        if not entered:
            await send({"type": "websocket.close", "code": codes.NOT_FOUND})
            return
        sender = asyncio.ensure_future(self._send_all())
        clock = AccessClock.here()
        clock.add(self)
        try:
            await self.ready()
            await self._receive_all(receive)
        finally:
            clock.discard(self)
            try:
                await self.left()
            finally:
                if self.closing is None:
                    sender.cancel()
                await asyncio.gather(sender, return_exceptions=True)

    # -- what a subclass writes ----------------------------------------------------------------------

    async def enter(self) -> bool:
        """Load what the path names and say whether the caller may connect."""
        return False

    async def ready(self) -> None:
        """Right after accepting: say hello, subscribe."""

    async def received(self, text: str | None, data: bytes | None) -> None:
        """One frame within the limits."""

    async def left(self) -> None:
        """The connection is over, whoever ended it."""

    @classmethod
    def still_allowed(cls, consumers: list[Any]) -> set[Any]:
        """Those that may stay. Called in a thread every few seconds, for all connections of the class at once."""
        return set(consumers)

    # -- sending -------------------------------------------------------------------------------------

    def post(self, event: str, data: dict[str, Any]) -> None:
        """Queue `{"event", "data"}`; in order, never waits. Too much unread closes with 4408."""
        if self.closing is not None:
            return
        if len(self._outbox) >= MAX_OUTBOX:
            self.end(codes.TOO_SLOW)
            return
        self._outbox.append(json.dumps({"event": event, "data": data}, separators=(",", ":"), allow_nan=False))
        self._wake.set()

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
            self._wake.set()
            if self._incoming is not None and not self._incoming.done():
                self._incoming.cancel()

    async def _send_all(self) -> None:
        """The only place that sends: keeps the order and the credit window."""
        try:
            while True:
                try:
                    await asyncio.wait_for(self._wake.wait(), 1.0 if self._outbox else None)
                except TimeoutError:
                    pass
                self._wake.clear()
                while self._outbox and self._may_send():
                    await self.base_send({"type": "websocket.send", "text": self._outbox.popleft()})
                if self.closing is not None:
                    await self.base_send({"type": "websocket.close", "code": self.closing})
                    return
        except Exception:
            logger.info("a websocket went away while it was written to", exc_info=True)

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

    async def _receive_all(self, receive: Any) -> None:
        while self.closing is None:
            message = await self._next(receive)
            if message is None or message["type"] == "websocket.disconnect":
                return
            text, data = message.get("text"), message.get("bytes")
            size = len(data) if data is not None else len(text or "")
            if size > MAX_FRAME_BYTES:
                self.end(codes.TOO_LARGE)
            elif not self._messages.take(1, time.monotonic()):
                self.end(codes.TOO_FAST)
            else:
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
            self._wake.set()
