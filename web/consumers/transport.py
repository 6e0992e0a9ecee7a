"""Back-pressure and liveness below ASGI, where Daphne has none.

Daphne reads a socket as fast as it is filled and queues everything in memory; and it writes to a client that
does not read until memory is gone. This protocol stops reading while the application lags behind, and closes
with 4408 a client that leaves pings unanswered or lets its outgoing data pile up.
"""

import time
from typing import Any

from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol
from twisted.internet import reactor as twisted_reactor

from web.consumers import codes

_reactor: Any = twisted_reactor

MAX_WAITING = 64
"""Frames that may wait for the application; more are left in the kernel (at most 64 KiB each)."""
RESUME_AT = 16
LOOK_AGAIN_S = 0.02
PING_EVERY_S = 3.0
PONG_WITHIN_S = 9.0
MAX_UNSENT_BYTES = 1024 * 1024


class GuardedProtocol(WebSocketProtocol):
    """Daphne's websocket with a bounded inbox, a bounded outbox and answered pings."""

    paused = False
    pinged_at = 0.0

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        if self.state != self.STATE_OPEN:
            return  # a flood that goes on while we close is thrown away
        super().onMessage(payload, isBinary)
        if not self.paused and self.application_queue.qsize() > MAX_WAITING:
            self.paused = True
            self.transport.pauseProducing()
            self._look_again()

    def onPong(self, payload: bytes) -> None:
        self.pinged_at = 0.0

    def onOpen(self) -> None:
        super().onOpen()
        self.failByDrop = False  # too large a frame is closed with 1009 instead of a dropped line
        self._ping()

    def _look_again(self) -> None:
        if self.state != self.STATE_OPEN or self.application_queue.qsize() <= RESUME_AT:
            self.paused = False
            self.transport.resumeProducing()
        else:
            _reactor.callLater(LOOK_AGAIN_S, self._look_again)

    def _ping(self) -> None:
        """Every few seconds: was the last ping answered, is too much unsent, and ask again.

        While reading is paused by us, pongs wait with everything else; that is not the client's fault.
        """
        if self.state != self.STATE_OPEN:
            return
        now = time.monotonic()
        unsent = len(getattr(self.transport, "dataBuffer", b"")) + getattr(self.transport, "_tempDataLen", 0)
        late = self.pinged_at and now - self.pinged_at > PONG_WITHIN_S and not self.paused
        if late or unsent > MAX_UNSENT_BYTES:
            self.muted = True
            self.application_queue.put_nowait({"type": "websocket.disconnect", "code": codes.TOO_SLOW})
            self.serverClose(code=codes.TOO_SLOW)
            return
        if not self.pinged_at:
            self.pinged_at = now
            self.sendPing()
        _reactor.callLater(PING_EVERY_S, self._ping)

    def check_timeouts(self) -> None:
        """Daphne's own pings are not needed; an unfinished handshake is still rejected."""
        self.last_ping = time.time()
        super().check_timeouts()


def install() -> None:
    """Let every Daphne server of this process use the guarded protocol; call before the server runs."""
    WebSocketFactory.protocol = GuardedProtocol
