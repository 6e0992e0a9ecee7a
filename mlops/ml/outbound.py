"""Asking other machines over HTTP: one client, whose every request ends by a time of its own.

A time-out for each read lets a peer that drips hold a request for ever. Here each request has one end for everything,
from looking the name up, through redirects, to the last byte: so many seconds in all, and so much more as the bytes
that were sent (and, for a large download, received) have at the least rate. Answers are read in the thread that asked.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

LEAST_BYTES_PER_S = 16 * 1024
"""What is slower over all, beyond the first seconds, is given up."""
WRITE_BYTES = 64 * 1024


@dataclass
class _Clock:
    """When the request of this thread must be over."""

    began_at: float
    total_s: float
    is_large: bool
    n_bytes: int = 0
    """That earned time."""

    def left_s(self) -> float:
        """Raises TimeoutError when nothing is left."""
        ends_at = self.began_at + self.total_s + self.n_bytes / LEAST_BYTES_PER_S
        left = min(ends_at, _here.ends_at) - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time for the whole answer is up")
        return left


class _Here(threading.local):
    clock: _Clock | None = None
    is_large = False
    ends_at = float("inf")


_here = _Here()


@contextmanager
def large() -> Iterator[None]:
    """What this thread asks for inside may be large: its bytes earn time at LEAST_BYTES_PER_S."""
    before, _here.is_large = _here.is_large, True
    try:
        yield
    finally:
        _here.is_large = before


@contextmanager
def within(total_s: float) -> Iterator[None]:
    """Whatever this thread asks for inside is over in `total_s` seconds, all requests together."""
    before, _here.ends_at = _here.ends_at, min(_here.ends_at, time.monotonic() + total_s)
    try:
        yield
    finally:
        _here.ends_at = before


def transport(total_s: float, proxy: str | None = None) -> Any:
    """An HTTP transport whose requests take at most `total_s` seconds, each in all; through a proxy if one is named."""
    import httpx2

    class Timed(httpx2.HTTPTransport):
        def handle_request(self, request: Any) -> Any:
            began_at = request.extensions.setdefault("fitbalance.began_at", time.monotonic())  # redirects inherit it
            _here.clock = _Clock(began_at, total_s, _here.is_large)
            return super().handle_request(request)

    made = Timed(proxy=proxy)
    made._pool._network_backend = _backend()
    return made


def _backend() -> Any:
    import httpcore2
    from httpcore2 import ConnectError, ConnectTimeout, ReadTimeout, WriteTimeout

    def least(timeout: float | None, late: type[Exception]) -> float:
        clock = _here.clock
        if clock is None:
            return 10.0 if timeout is None else timeout
        try:
            left = clock.left_s()
        except TimeoutError as error:
            raise late(str(error)) from error
        return left if timeout is None else min(timeout, left)

    class Stream(httpcore2.NetworkStream):
        """Every read and write waits no longer than the request has left."""

        def __init__(self, inner: Any) -> None:
            self._inner = inner

        def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
            data: bytes = self._inner.read(max_bytes, least(timeout, ReadTimeout))
            if _here.clock is not None and _here.clock.is_large:
                _here.clock.n_bytes += len(data)
            return data

        def write(self, buffer: bytes, timeout: float | None = None) -> None:
            for at in range(0, len(buffer), WRITE_BYTES):
                piece = buffer[at : at + WRITE_BYTES]
                self._inner.write(piece, least(timeout, WriteTimeout))
                if _here.clock is not None:
                    _here.clock.n_bytes += len(piece)

        def close(self) -> None:
            self._inner.close()

        def start_tls(self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None) -> Any:
            return Stream(self._inner.start_tls(ssl_context, server_hostname, least(timeout, ConnectTimeout)))

        def get_extra_info(self, info: str) -> Any:
            return self._inner.get_extra_info(info)

    class Backend(httpcore2.SyncBackend):
        def connect_tcp(self, host: str, port: int, timeout: float | None = None, *args: Any, **named: Any) -> Any:
            ends_at = time.monotonic() + least(timeout, ConnectTimeout)
            found = resolve_in_time(host, port, ends_at)
            if not found:
                raise ConnectError(f"{host} cannot be found")
            why: Exception = ConnectError(f"{host} cannot be reached")
            for address in dict.fromkeys(entry[4][0] for entry in found):
                try:
                    return Stream(super().connect_tcp(address, port, least(timeout, ConnectTimeout), *args, **named))
                except ConnectError as error:
                    why = error
            raise why

    return Backend()


def resolve_in_time(host: str, port: int, deadline_at: float) -> list[Any]:
    """getaddrinfo, in a thread of its own where it may take longer than the deadline: for names."""
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except socket.gaierror:
        found: list[Any] = []
    thread = threading.Thread(target=_look_up, args=(host, port, found), name="resolve", daemon=True)
    thread.start()
    thread.join(max(0.0, deadline_at - time.monotonic()))
    return list(found)


def _look_up(host: str, port: int, found: list[Any]) -> None:
    try:
        found += socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        return
