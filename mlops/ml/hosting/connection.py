"""One HTTP connection that never takes longer than it may, however slowly the other side sends."""

from __future__ import annotations

import http.client
import re
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from mlops.ml.outbound import resolve_in_time

PIECE_BYTES = 64 * 1024
MAX_HEAD_BYTES = 16 * 1024
_STATUS = re.compile(r"HTTP/1\.[01] ([1-5][0-9][0-9])( .*)?")


class NotReached(OSError):
    """Nothing of an answer came: the address cannot be reached, or it hung up at once."""


@dataclass(frozen=True)
class Answer:
    """What came back, whole."""

    status: int
    content_type: str
    body: bytearray
    keeps: bool
    """True when the connection may be used again."""


@dataclass(frozen=True)
class Address:
    """host and port of "http://host:port"."""

    host: str
    port: int

    @classmethod
    def read(cls, text: str) -> Address:
        """Raises ValueError with what is wrong."""
        parts = urlsplit(text.strip())
        if parts.scheme != "http" or not parts.hostname or not parts.port or parts.path.strip("/") or parts.query:
            raise ValueError(f"a models server has an address like http://127.0.0.1:8001, not {text!r}")
        return cls(parts.hostname, parts.port)

    def __str__(self) -> str:
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


@dataclass(frozen=True)
class _Told:
    """What is used of the headers of an answer."""

    n_bytes: int
    content_type: str
    keeps: bool


class Connection:
    """A keep-alive connection; for one caller at a time. It speaks as much HTTP as the models server needs."""

    def __init__(self, address: Address, *, deadline_at: float, connect_s: float) -> None:
        """Raises NotReached, within `connect_s` and before `deadline_at` (monotonic seconds)."""
        self._sock = _connect(address, min(deadline_at, time.monotonic() + connect_s))
        self._host = str(address).removeprefix("http://")
        self._deadline_at = 0.0

    def post(self, path: str, body: bytes, headers: Mapping[str, str], *, deadline_at: float, max_bytes: int) -> Answer:
        """Send and read one answer. Raises NotReached before its first byte, OSError and HTTPException after."""
        self._deadline_at = deadline_at
        lines = [f"POST {path} HTTP/1.1", f"Host: {self._host}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        try:
            self._send("\r\n".join([*lines, "\r\n"]).encode("latin-1"), body)
            ahead = self._receive()
        except ConnectionError as error:
            raise NotReached(f"{error}") from error
        if not ahead:
            raise NotReached("the server hung up without an answer")
        while (end := ahead.find(b"\r\n\r\n")) < 0:
            if len(ahead) > MAX_HEAD_BYTES:
                raise http.client.HTTPException("this is no answer over HTTP")
            ahead += self._more()
        status, told = _read_head(ahead[:end])
        if told.n_bytes > max_bytes:
            raise http.client.HTTPException("the answer is too long")
        body_read = self._body(ahead[end + 4 :], told.n_bytes)
        return Answer(status, told.content_type, body_read, told.keeps)

    def close(self) -> None:
        self._sock.close()

    def _send(self, head: bytes, body: bytes) -> None:
        """Both at once: the server wakes up one time."""
        self._sock.settimeout(self._left_s())
        n = self._sock.sendmsg((head, body))
        for piece in (head, body):
            if n < len(piece):
                self._sock.settimeout(self._left_s())
                self._sock.sendall(memoryview(piece)[n:])
            n = max(0, n - len(piece))

    def _receive(self) -> bytearray:
        self._sock.settimeout(self._left_s())
        return bytearray(self._sock.recv(PIECE_BYTES))

    def _more(self) -> bytearray:
        piece = self._receive()
        if not piece:
            raise http.client.IncompleteRead(b"")
        return piece

    def _body(self, ahead: bytearray, n_bytes: int) -> bytearray:
        if len(ahead) >= n_bytes:
            return ahead[:n_bytes]
        found = bytearray(n_bytes)
        at = len(ahead)
        found[:at] = ahead
        with memoryview(found) as view:
            while at < n_bytes:
                self._sock.settimeout(self._left_s())
                n = self._sock.recv_into(view[at:])
                if not n:
                    raise http.client.IncompleteRead(b"", n_bytes - at)
                at += n
        return found

    def _left_s(self) -> float:
        left_s = self._deadline_at - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("the time is up")
        return left_s


def _read_head(head: bytearray) -> tuple[int, _Told]:
    """(status, what is used of the headers). Raises HTTPException."""
    first, *lines = bytes(head).decode("latin-1").split("\r\n")
    matched = _STATUS.fullmatch(first)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    length = headers.get("content-length", "")
    if matched is None or not (length.isascii() and length.isdigit()) or len(length) > 15:
        raise http.client.HTTPException("this is no answer of a models server")
    keeps = headers.get("connection", "").lower() != "close"
    return int(matched[1]), _Told(int(length), headers.get("content-type", ""), keeps)


def _connect(address: Address, deadline_at: float) -> socket.socket:
    """A connected socket to the first address of a name that takes it."""
    why: OSError = NotReached(f"{address} has no address")
    for family, kind, protocol, _, where in resolve_in_time(address.host, address.port, deadline_at):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(max(0.001, deadline_at - time.monotonic()))
            sock.connect(where)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return sock
        except OSError as error:
            sock.close()
            why = error
    raise NotReached(f"{why}") from why
