"""The models server's sockets: HTTP/1.1 with a thread for each connection, which reads, asks, waits and answers.

A call to a small model takes milliseconds, so nothing else stands between the socket and the model's queue: no event
loop, no framework, no copy of a body. Callers are few and keep their connections; more than MAX_CONNECTIONS are turned
away. Requests are bounded in size, and whoever sends or reads too slowly is hung up on.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

log = logging.getLogger(__name__)

MAX_CONNECTIONS = 256
MAX_HEAD_BYTES = 16 * 1024
PIECE = 256 * 1024


@dataclass(frozen=True)
class Pace:
    """How slow a caller may be, in seconds.

    idle_s       between two requests of a connection
    head_s       from the first byte of a request to the end of its headers
    grace_s      that a body or an answer may take in all …
    bytes_per_s  … on top of its bytes at this rate
    drain_s      how long a refused body is thrown away, so that the refusal can be read
    """

    idle_s: float = 60.0
    head_s: float = 10.0
    grace_s: float = 10.0
    bytes_per_s: float = 16 * 1024.0
    drain_s: float = 5.0


@dataclass(frozen=True)
class Reply:
    """What is sent back."""

    status: int
    content_type: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


class Refused(Exception):
    """The request can't be read as HTTP, or is too large: answered with `status`, then hung up."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


class Gone(Exception):
    """The caller hung up, or is too slow."""


@dataclass
class Request:
    """Head of a request; its body lies still in the socket until `read_body`.

    headers  names in lower case
    n_bytes  of the body
    """

    method: str
    path: str
    headers: Mapping[str, str]
    n_bytes: int
    _connection: _Connection = field(repr=False)
    is_read: bool = False

    def read_body(self) -> bytearray:
        """All of it. Raises Gone."""
        self.is_read = True
        return self._connection.take(self.n_bytes)

    def hung_up(self) -> bool:
        """True when nobody waits for the answer any more. Costs one system call."""
        return self._connection.hung_up()


Answering = Callable[[Request], Reply]


class HttpServer:
    """Answers on a listening socket until `close`. `answering` runs in the thread of its connection.

    max_body_bytes  longer bodies are refused with 413 as soon as they are announced
    """

    def __init__(
        self, listener: socket.socket, answering: Answering, *, max_body_bytes: int, pace: Pace | None = None
    ) -> None:
        self._listener, self._answering = listener, answering
        self._max_body_bytes, self._pace = max_body_bytes, pace or Pace()
        self._room = threading.BoundedSemaphore(MAX_CONNECTIONS)
        self._is_closed = False

    def start(self) -> None:
        """Accept in a thread of its own."""
        self._listener.setblocking(True)
        threading.Thread(target=self._accept, name="accept", daemon=True).start()

    def close(self) -> None:
        """Take no more connections; those that are open end with the process."""
        self._is_closed = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while not self._is_closed:
            try:
                sock, _ = self._listener.accept()
            except OSError as error:
                if not self._is_closed:  # out of file descriptors, or the caller has gone already
                    log.warning("no connection could be accepted: %s", error)
                    time.sleep(0.1)
                continue
            if not self._room.acquire(blocking=False):
                _turn_away(sock)
                continue
            try:
                threading.Thread(target=self._serve, args=(sock,), name="connection", daemon=True).start()
            except RuntimeError:  # no thread can be had
                self._room.release()
                _turn_away(sock)

    def _serve(self, sock: socket.socket) -> None:
        try:
            with sock, contextlib.suppress(Gone, OSError):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connection = _Connection(sock, self._pace)
                while self._one(connection):
                    pass
        except Exception:
            log.exception("a connection ended with an error")
        finally:
            self._room.release()

    def _one(self, connection: _Connection) -> bool:
        """Answer one request; True when another may follow. Raises Gone."""
        try:
            request, keeps = connection.head(self._max_body_bytes)
        except Refused as error:
            connection.end(Reply(error.status, "text/plain", f"{error}\n".encode()))
            return False
        reply = self._answering(request)
        if request.n_bytes and not request.is_read:
            connection.end(reply)
            return False
        connection.send(reply, keeps=keeps, with_body=request.method != "HEAD")
        return keeps


class _Connection:
    """A socket with what was read of it ahead, and deadlines."""

    def __init__(self, sock: socket.socket, pace: Pace) -> None:
        self._sock, self._pace = sock, pace
        self._ahead = bytearray()

    def head(self, max_body_bytes: int) -> tuple[Request, bool]:
        """(the next request, whether another may follow). Raises Refused, Gone."""
        if not self._ahead:
            self._more(self._pace.idle_s)
        until = time.monotonic() + self._pace.head_s
        while (end := self._ahead.find(b"\r\n\r\n")) < 0:
            if len(self._ahead) > MAX_HEAD_BYTES:
                raise Refused(431, "The headers are too long.")
            self._more(until - time.monotonic())
        lines = bytes(self._ahead[:end]).decode("latin-1").split("\r\n")
        del self._ahead[: end + 4]
        method, path, keeps, headers = _parsed(lines)
        n_bytes = _length(headers)
        if n_bytes > max_body_bytes:
            raise Refused(413, f"A request can have at most {max_body_bytes} bytes. Ask for fewer inputs at once.")
        if headers.get("expect", "").lower() == "100-continue":
            self._sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        return Request(method, path, headers, n_bytes, self), keeps

    def take(self, n_bytes: int) -> bytearray:
        """So many bytes, what was read ahead first. Raises Gone."""
        body = bytearray(n_bytes)
        at = min(n_bytes, len(self._ahead))
        body[:at] = self._ahead[:at]
        del self._ahead[:at]
        began = time.monotonic()
        with memoryview(body) as left:
            while at < n_bytes:
                self._wait(began + self._allowed_s(at) - time.monotonic())
                n = self._sock.recv_into(left[at:])
                if not n:
                    raise Gone
                at += n
        return body

    def send(self, reply: Reply, *, keeps: bool, with_body: bool = True) -> None:
        """Head and body in one go. Raises Gone."""
        self._wait(self._allowed_s(len(reply.body)))
        pieces = [_head(reply, keeps=keeps), reply.body if with_body else b""]
        n = self._sock.sendmsg(pieces)
        if n < len(pieces[0]) + len(pieces[1]):
            for piece in pieces:
                self._sock.sendall(memoryview(piece)[min(n, len(piece)) :])
                n = max(0, n - len(piece))

    def end(self, reply: Reply) -> None:
        """Answer without having read the request; throw away what still comes, then hang up."""
        self.send(reply, keeps=False)
        self._sock.shutdown(socket.SHUT_WR)
        until = time.monotonic() + self._pace.drain_s
        while True:
            self._ahead.clear()
            self._more(until - time.monotonic())

    def hung_up(self) -> bool:
        self._sock.settimeout(0)
        try:
            return not self._sock.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def _more(self, seconds: float) -> None:
        self._wait(seconds)
        piece = self._sock.recv(PIECE)
        if not piece:
            raise Gone
        self._ahead += piece

    def _wait(self, seconds: float) -> None:
        """What follows may take so long, then TimeoutError (an OSError) ends the connection."""
        if seconds <= 0:
            raise Gone
        self._sock.settimeout(seconds)

    def _allowed_s(self, n_bytes: int) -> float:
        return self._pace.grace_s + n_bytes / self._pace.bytes_per_s


def _parsed(lines: list[str]) -> tuple[str, str, bool, dict[str, str]]:
    """(method, path, whether the connection is kept, headers). Raises Refused."""
    words = lines[0].split(" ")
    if len(words) != 3 or words[2] not in ("HTTP/1.0", "HTTP/1.1") or not words[0].isalpha() or words[1][:1] != "/":
        raise Refused(400, "This is no HTTP request.")
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        name, value = name.lower(), value.strip(" \t")
        if not colon or not name or name != name.strip() or headers.get(name, value) != value:
            raise Refused(400, "The headers cannot be read.")
        headers[name] = value
    keeps = words[2] == "HTTP/1.1" and headers.get("connection", "").lower() != "close"
    return words[0], words[1].partition("?")[0], keeps, headers


def _length(headers: Mapping[str, str]) -> int:
    """Bytes of the body. Raises Refused."""
    if "transfer-encoding" in headers:
        raise Refused(411, "Say the length of the body.")
    told = headers.get("content-length", "0")
    if not (told.isascii() and told.isdigit()) or len(told) > 15:
        raise Refused(400, "The length of the body cannot be read.")
    return int(told)


def _head(reply: Reply, *, keeps: bool) -> bytes:
    lines = [
        f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}",
        f"Content-Type: {reply.content_type}",
        f"Content-Length: {len(reply.body)}",
        *(f"{name}: {value}" for name, value in reply.headers),
    ]
    if not keeps:
        lines.append("Connection: close")
    return "\r\n".join([*lines, "\r\n"]).encode("latin-1")


def _turn_away(sock: socket.socket) -> None:
    with sock, contextlib.suppress(OSError):
        sock.settimeout(0.1)
        sock.sendall(_head(Reply(503, "text/plain", b"", (("Retry-After", "1"),)), keeps=False))
