"""Back-pressure, liveness and a short way below ASGI, where Daphne has none.

Daphne reads a socket as fast as it is filled and queues everything in memory; and it writes to a client that
does not read until memory is gone. This protocol stops reading while the application lags behind, closes with 4408
a client that leaves pings unanswered or lets its outgoing data pile up, and parses nothing of an offender any more.

The short way: whole frames are cut out of what was read without the general parser, handed to the consumer in the
same turn of the loop when nothing waits before them, and answers are written to the socket at once. Everything
unusual (fragments, control frames, violations, half frames) still goes through Autobahn. Per message this saves
most of what a server does for it, see docs/scaling.md.
"""

import time
from collections.abc import Callable
from typing import Any

import autobahn.websocket.protocol
from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol
from twisted.internet import reactor as twisted_reactor

from web.consumers import codes

_reactor: Any = twisted_reactor

MAX_WAITING = 64
"""Frames that may wait for the application; more are left in the kernel (at most 64 KiB each)."""
RESUME_AT = 16
LOOK_AGAIN_S = 0.02
MUTED_READ_EVERY_S = 0.05
"""How often a piece (64 KiB) of what an offender still sends is taken out of the kernel and thrown away."""
PING_EVERY_S = 3.0
PONG_WITHIN_S = 9.0
MAX_UNSENT_BYTES = 1024 * 1024
_TEXT, _BINARY = 0x81, 0x82
"""First byte of a whole message in one frame."""
_CLOSE = b"\x88"
_PING = b"\x89\x00"
_PONG = 0x8A


class GuardedProtocol(WebSocketProtocol):
    """Daphne's websocket with a bounded inbox, a bounded outbox, answered pings and a short way to the consumer."""

    paused = False
    pinged_at = 0.0
    looked_at = 0.0
    direct: Callable[[bytes, bool], bool] | None = None
    """Set by the consumer: takes a message at once and says True, or leaves it to the queue."""

    part = b""
    """The beginning of a whole message whose end has not come yet."""

    def dataReceived(self, data: bytes) -> None:
        if self.muted:
            if data[:1] != _CLOSE:
                self._throw_away()
                return
        elif self.state == self.STATE_OPEN and not self.data and self.current_frame is None and not self.inside_message:
            data = self._take_whole(self.part + data if self.part else data)
            if not data or self.muted:
                return
        elif self.part:
            data = self.part + data
        self.part = b""
        super().dataReceived(data)

    def _take_whole(self, data: bytes) -> bytes:
        """Take the whole, masked, unfragmented messages at the front and return what is for the general parser.

        The front of another such message is kept as `part` (they are at most 64 KiB long).
        """
        self.part = b""
        at, size = 0, len(data)
        while size - at >= 6 and self.state == self.STATE_OPEN and not self.muted:
            first, length = data[at], data[at + 1] - 128
            begin = at + 6
            if first == _PONG and length == 0:
                self.onPong(b"")
                at = begin
                continue
            if size - at < 8:
                break
            if length == 126:
                length = (data[at + 2] << 8) | data[at + 3]
                begin = at + 8
                if length < 126:
                    break
            elif not 0 <= length < 126:
                break
            if first != _BINARY and first != _TEXT:
                break
            end = begin + length
            if end > size:
                self.part = data[at:]
                return b""
            payload = unmasked(data[begin:end], data[begin - 4 : begin])
            if first == _TEXT and not _is_utf8(payload):
                break
            at = end
            self.onMessage(payload, first == _BINARY)
        return data[at:] if at else data

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        if self.state != self.STATE_OPEN or self.muted:
            return  # a flood that goes on while we close is thrown away
        if self.direct is not None and self.application_queue.empty() and self.direct(payload, isBinary):
            return
        super().onMessage(payload, isBinary)
        if not self.paused and self.application_queue.qsize() > MAX_WAITING:
            self.paused = True
            self.transport.pauseProducing()
            self._look_again()

    def send_text(self, text: bytes) -> None:
        """Write a text message now, past the reactor's buffers while they are empty."""
        if self.state != self.STATE_OPEN:
            return
        size = len(text)
        if size < 126:
            frame = bytes((_TEXT, size)) + text
        elif size < 65536:
            frame = bytes((_TEXT, 126, size >> 8, size & 255)) + text
        else:
            frame = bytes((_TEXT, 127)) + size.to_bytes(8, "big") + text
        self._write(frame)

    def _write(self, frame: bytes) -> None:
        transport = self.transport
        line = getattr(transport, "socket", None)
        if line is not None and transport.connected and not (transport.dataBuffer or transport._tempDataLen):
            try:
                sent = line.send(frame)
            except OSError:  # full, or gone: the reactor finds out which
                sent = 0
            if sent == len(frame):
                return
            frame = frame[sent:]
        transport.write(frame)

    def onPong(self, payload: bytes) -> None:
        self.pinged_at = 0.0

    def onOpen(self) -> None:
        super().onOpen()
        self.failByDrop = False  # too large a frame is closed with 1009 instead of a dropped line
        self._ping()

    def dropConnection(self, abort: bool = False) -> None:
        """Hang up politely after both sides said goodbye: a reset could overtake the code on the client's side."""
        super().dropConnection(abort=abort and not self.wasClean)

    def connectionLost(self, reason: Any) -> None:
        super().connectionLost(reason)
        # futures that lead back to this protocol: in a circle it would wait for the collector, which comes seldom
        self.is_open = self.is_closed = self.application_deferred = self.direct = None

    def _look_again(self) -> None:
        if self.state != self.STATE_OPEN or self.application_queue.qsize() <= RESUME_AT:
            self.paused = False
            self.transport.resumeProducing()
        else:
            _reactor.callLater(LOOK_AGAIN_S, self._look_again)

    def _throw_away(self) -> None:
        """A flood goes on until the line is dropped, a second after our close: it must cost nothing meanwhile."""
        self.part = b""
        self.transport.pauseProducing()
        _reactor.callLater(MUTED_READ_EVERY_S, self.transport.resumeProducing)

    def _ping(self) -> None:
        """Every few seconds: was the last ping answered, is too much unsent, and ask again.

        While reading is paused by us, pongs wait with everything else; that is not the client's fault.
        """
        if self.state != self.STATE_OPEN:
            return
        now = time.monotonic()
        unsent = len(getattr(self.transport, "dataBuffer", b"")) + getattr(self.transport, "_tempDataLen", 0)
        if self.pinged_at and now - self.looked_at > 2 * PING_EVERY_S:
            self.pinged_at = now  # this process stood still: what the client answered meanwhile is not read yet
        self.looked_at = now
        late = self.pinged_at and now - self.pinged_at > PONG_WITHIN_S and not self.paused
        if late or unsent > MAX_UNSENT_BYTES:
            self.muted = True
            self.application_queue.put_nowait({"type": "websocket.disconnect", "code": codes.TOO_SLOW})
            self.serverClose(code=codes.TOO_SLOW)
            return
        if not self.pinged_at:
            self.pinged_at = now
            self._write(_PING)
        _reactor.callLater(PING_EVERY_S, self._ping)

    def check_timeouts(self) -> None:
        """Daphne's own pings are not needed; an unfinished handshake is still rejected."""
        self.last_ping = time.time()
        super().check_timeouts()


def unmasked(payload: bytes, mask: bytes) -> bytes:
    """Undo a client's masking (RFC 6455, 5.3): as one large number, which is quicker than any loop here."""
    size = len(payload)
    key = int.from_bytes((mask * (size // 4 + 1))[:size], "little")
    return (int.from_bytes(payload, "little") ^ key).to_bytes(size, "little")


def _unformatted(_: Any) -> str:
    return ""


def _is_utf8(payload: bytes) -> bool:
    try:
        payload.decode()
    except UnicodeDecodeError:
        return False
    return True


def install() -> None:
    """Let every Daphne server of this process use the guarded protocol; call before the server runs."""
    WebSocketFactory.protocol = GuardedProtocol
    autobahn.websocket.protocol.pformat = _unformatted  # a debug line of forty settings costs 1 ms a connection
