"""One HTTP connection that never takes longer than it may, however slowly the other side sends."""

from __future__ import annotations

import http.client
import io
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from mlops.ml.outbound import resolve_in_time

PIECE_BYTES = 1024 * 1024


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


class Connection:
    """A keep-alive connection; for one caller at a time."""

    def __init__(self, address: Address, *, deadline_at: float, connect_s: float) -> None:
        """Raises NotReached, within `connect_s` and before `deadline_at` (monotonic seconds)."""
        self._sock = _DeadlineSocket(_connect(address, min(deadline_at, time.monotonic() + connect_s)))
        self._http = http.client.HTTPConnection(address.host, address.port)
        self._http.sock = self._sock  # type: ignore[assignment]
        self._http.auto_open = 0

    def post(self, path: str, body: bytes, headers: Mapping[str, str], *, deadline_at: float, max_bytes: int) -> Answer:
        """Send and read one answer. Raises NotReached before its first byte, OSError and HTTPException after."""
        self._sock.deadline_at = deadline_at
        try:
            self._http.request("POST", path, body, dict(headers))
            response = self._http.getresponse()
        except (http.client.RemoteDisconnected, ConnectionError) as error:
            raise NotReached(f"{error}") from error
        found = bytearray()
        while piece := response.read(PIECE_BYTES):
            found += piece
            if len(found) > max_bytes:
                raise http.client.HTTPException("the answer is too long")
        if response.length:
            raise http.client.IncompleteRead(bytes(found[:0]), response.length)
        return Answer(response.status, response.getheader("Content-Type", ""), found, not response.will_close)

    def close(self) -> None:
        self._http.close()
        self._sock.close()


class _DeadlineSocket:
    """What http.client asks of a socket, with one deadline for everything."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self.deadline_at = 0.0

    def sendall(self, data: bytes) -> None:
        self._sock.settimeout(self._left_s())
        self._sock.sendall(data)

    def makefile(self, mode: str, *_: Any) -> io.BufferedReader:
        return io.BufferedReader(_Incoming(self))

    def receive(self, buffer: Any) -> int:
        self._sock.settimeout(self._left_s())
        return self._sock.recv_into(buffer)

    def close(self) -> None:
        self._sock.close()

    def _left_s(self) -> float:
        left_s = self.deadline_at - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("the time is up")
        return left_s


class _Incoming(io.RawIOBase):
    def __init__(self, sock: _DeadlineSocket) -> None:
        self._sock = sock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._sock.receive(buffer)


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
