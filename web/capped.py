"""Daphne's requests with bodies that are counted, and timed, while they arrive.

Daphne spools a whole body to disk before the application sees the request, whatever its size and however long it
takes. Here a body over the limit is refused with a 413 problem document: at once when its length is announced, else at
the byte that is one too many. A request whose head is not whole in time, or whose body comes slower than a minimum rate
over all, is ended with 408; a body that finds no room on the disk with 507. For processes that serve, through
`cap_bodies`; importing this chooses Twisted's reactor.
"""

import json
import logging
import uuid
from dataclasses import dataclass
from http import HTTPStatus
from io import BytesIO
from typing import Any

import daphne.server  # first: it chooses the reactor
from daphne.http_protocol import HTTPFactory, WebRequest
from twisted.internet import reactor, task
from twisted.web.http import HTTPChannel, _GenericHTTPChannelProtocol

from web.full_disk import SENTENCE, disk_is_full

DRAIN_S = 5.0
"""How long a refused client may go on sending (thrown away) so that it can read the answer."""

log = logging.getLogger("fitbalance.access")


@dataclass(frozen=True)
class Pace:
    """How slowly a request may come.

    head_s         from its first byte to the empty line after its headers
    grace_s        its body may pause so long in all …
    bytes_per_s    … on top of the time that its bytes so far have at this rate
    """

    head_s: float = 10.0
    grace_s: float = 10.0
    bytes_per_s: float = 2048.0


class CappedChannel(HTTPChannel):
    """A connection that knows until when the request it receives must have gone on."""

    pace = Pace()
    due_at: float | None = None
    """Reactor seconds; None while nothing is being received: idle, or the application works."""
    hang_up: Any = None

    def dataReceived(self, data: bytes) -> None:
        if self.due_at is None and data and not self._handlingRequest:
            self.due_at = reactor.seconds() + self.pace.head_s
            _receiving.add(self)
        super().dataReceived(data)

    def received(self) -> None:
        """The request is whole."""
        self.due_at = None
        _receiving.discard(self)

    def connectionLost(self, reason: Any) -> None:
        self.received()
        if self.hang_up is not None and self.hang_up.active():
            self.hang_up.cancel()
        super().connectionLost(reason)

    def refuse(self, status: int, code: str, detail: str) -> None:
        """Answer, then throw away what still comes and hang up."""
        self.received()
        self.setTimeout(None)
        self.transport.write(_problem(status, code, detail))
        self.dataReceived = lambda data: None  # type: ignore[method-assign]
        self.loseConnection = lambda: None  # type: ignore[method-assign]
        self.transport.loseWriteConnection()
        self.hang_up = reactor.callLater(DRAIN_S, self.transport.abortConnection)
        log.info("%s %s: a request was refused while it came", status, code)


class CappedRequest(WebRequest):
    """A request that refuses a body of more than `max_body_bytes`.

    in_memory_bytes  an announced body of at most so much never touches the disk; Twisted's own limit is 100 kB
    """

    max_body_bytes = 16 * 1024 * 1024
    in_memory_bytes = 0
    advice = ""
    n_received = 0
    refused = False
    body_began_at = 0.0

    def gotLength(self, length: int | None) -> None:
        """Headers are complete; `length` is None for a chunked body."""
        self.body_began_at = reactor.seconds()
        self._go_on()
        if length is not None and length > self.max_body_bytes:
            self.content = BytesIO()
            self._too_large()
            return
        if length is not None and length <= self.in_memory_bytes:
            self.content = BytesIO()
            return
        try:
            super().gotLength(length)
        except OSError as error:
            self.content = BytesIO()
            self._no_room(error)

    def handleContentChunk(self, data: bytes) -> None:
        if self.refused:
            return
        self.n_received += len(data)
        self._go_on()
        if self.n_received > self.max_body_bytes:
            self._too_large()
            return
        try:
            super().handleContentChunk(data)
        except OSError as error:
            self._no_room(error)

    def process(self) -> Any:
        if self.refused:
            return None
        self.channel.received()
        try:
            self.content.flush()
        except OSError as error:
            return self._no_room(error)
        return super().process()

    def _go_on(self) -> None:
        """The rest may come later, by what has come."""
        pace = self.channel.pace
        self.channel.due_at = self.body_began_at + pace.grace_s + self.n_received / pace.bytes_per_s

    def _too_large(self) -> None:
        self._refuse(413, "too_large", f"A request can have at most {self.max_body_bytes} bytes. {self.advice}".strip())

    def _no_room(self, error: OSError) -> None:
        if not disk_is_full(error):
            raise error
        self._refuse(507, "insufficient_storage", str(SENTENCE))

    def _refuse(self, status: int, code: str, detail: str) -> None:
        self.refused = True
        self.requestHeaders.removeHeader(b"expect")
        try:
            self.content.close()
        except OSError:
            log.info("a request's body could not be kept")
        self.content = BytesIO()
        self.channel.refuse(status, code, detail)


class CappedFactory(HTTPFactory):
    """Makes connections whose requests are capped."""

    protocol = staticmethod(lambda: _GenericHTTPChannelProtocol(CappedChannel()))

    def startFactory(self) -> None:
        super().startFactory()
        self._watch = task.LoopingCall(_end_slow)
        self._watch.start(max(0.05, min(1.0, CappedChannel.pace.head_s / 4, CappedChannel.pace.grace_s / 4)), now=False)

    def stopFactory(self) -> None:
        self._watch.stop()
        super().stopFactory()

    def buildProtocol(self, addr: Any) -> Any:
        protocol = super().buildProtocol(addr)
        protocol.requestFactory = CappedRequest
        return protocol


_receiving: set[CappedChannel] = set()


def _end_slow() -> None:
    """End every request that should have gone on by now."""
    now = reactor.seconds()
    for channel in [one for one in _receiving if one.due_at is not None and one.due_at < now]:
        if channel.requests:
            channel.requests[-1].refused = True
        channel.refuse(408, "too_slow", "The request was too slow and was cancelled. Send it again.")


def cap_bodies(max_body_bytes: int, advice: str = "", *, in_memory_bytes: int = 0, pace: Pace | None = None) -> None:
    """Every Daphne server that this process starts from now on refuses larger bodies, with `advice` what to do, and
    ends requests that come slower than `pace`."""
    CappedRequest.max_body_bytes, CappedRequest.advice = max_body_bytes, advice
    CappedRequest.in_memory_bytes = in_memory_bytes
    CappedChannel.pace = pace or Pace()
    daphne.server.HTTPFactory = CappedFactory  # Daphne names its factory in no other place


def _problem(status: int, code: str, detail: str) -> bytes:
    phrase = HTTPStatus(status).phrase
    document = {
        "type": "about:blank",
        "title": phrase,
        "status": status,
        "code": code,
        "detail": detail,
        "request_id": uuid.uuid4().hex[:16],
    }
    body = json.dumps(document).encode()
    head = (
        f"HTTP/1.1 {status} {phrase}\r\nContent-Type: application/problem+json\r\n"
        f"Content-Length: {len(body)}\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
