"""Asking the models server: the same client in web processes, workers and commands."""

from __future__ import annotations

import hashlib
import http.client
import json
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from mlops.ml.hosting import codec
from mlops.ml.hosting.codec import CONTENT_TYPE, DEADLINE_HEADER, MAX_DEADLINE_S
from mlops.ml.hosting.connection import Address, Answer, Connection, NotReached
from mlops.ml.hosting.errors import (
    BadRequest,
    ModelBusy,
    ModelError,
    ModelTimedOut,
    ModelUnavailable,
    Unauthorized,
    error_from_json,
)
from mlops.ml.hosting.memory import MIB
from mlops.ml.remote import Breaker

N_IDLE = 8
"""Open connections kept for each server."""
IDLE_S = 30.0
"""How long they are kept: less than the server's minute."""
CONNECT_S = 2.0
ANSWER_SHARE = 0.95
"""Of the time that is left, what the server is told: its own "too late" then comes before ours."""


class _Server:
    """One address: its breaker and its idle connections."""

    def __init__(self, address: Address, breaker: Breaker) -> None:
        self.address, self.breaker = address, breaker
        self._lock = threading.Lock()
        self._idle: list[tuple[float, Connection]] = []

    def post(
        self, body: bytes, headers: dict[str, str], *, deadline_at: float, connect_s: float, max_bytes: int
    ) -> Answer:
        """One answer, over an idle connection where there is one. Raises OSError, HTTPException."""
        kept = self._take()
        if kept is not None:
            try:
                return self._post_over(kept, body, headers, deadline_at, max_bytes)
            except NotReached:
                pass  # closed by the server while it lay idle: a fresh one tells
        fresh = Connection(self.address, deadline_at=deadline_at, connect_s=connect_s)
        return self._post_over(fresh, body, headers, deadline_at, max_bytes)

    def _post_over(
        self, connection: Connection, body: bytes, headers: dict[str, str], deadline_at: float, max_bytes: int
    ) -> Answer:
        try:
            timed = {**headers, DEADLINE_HEADER: f"{_deadline_s(deadline_at):.4f}"}
            answer = connection.post("/v1/answer", body, timed, deadline_at=deadline_at, max_bytes=max_bytes)
        except BaseException:
            connection.close()
            raise
        if answer.keeps:
            self._give(connection)
        else:
            connection.close()
        return answer

    def _take(self) -> Connection | None:
        with self._lock:
            while self._idle:
                since, connection = self._idle.pop()
                if time.monotonic() - since < IDLE_S:
                    return connection
                connection.close()
        return None

    def _give(self, connection: Connection) -> None:
        with self._lock:
            self._idle.append((time.monotonic(), connection))
            out = self._idle.pop(0)[1] if len(self._idle) > N_IDLE else None
        if out is not None:
            out.close()


class ModelsClient:
    """Asks one of several models servers. Thread-safe; make one a process.

    addresses  "http://host:port" of each server
    secret     returns the shared secret, or an empty text
    clock      of the breakers: each opens after `n_failures` in a row and lets one call try after `rest_s`
    """

    def __init__(
        self,
        addresses: Sequence[str],
        *,
        secret: Callable[[], str] = lambda: "",
        n_failures: int = 5,
        rest_s: float = 30.0,
        max_bytes: int = 64 * MIB,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._servers = [_Server(Address.read(one), Breaker(n_failures, rest_s, clock)) for one in addresses]
        self._secret, self.max_bytes = secret, max_bytes

    def answer(self, key: str, inputs: Any, timeout_s: float = 10.0) -> Any:
        """Outputs of a model for a batch of inputs, within `timeout_s` in all.

        The server that a key prefers is asked first, the next one when it cannot be reached, is full or cannot load
        the model. Raises BadRequest (what cannot be carried), ModelFailed (the model's own error), ModelBusy with
        `retry_after_s`, ModelTimedOut, ModelUnavailable.
        """
        deadline_at = time.monotonic() + timeout_s
        body = codec.encode({"key": key, "inputs": inputs})
        if len(body) > self.max_bytes:
            raise BadRequest(f"at most {self.max_bytes} bytes in one call", code="too_large")
        found: list[ModelError] = []
        servers = self._in_order(key)
        for n, server in enumerate(servers):
            if not server.breaker.may_try():
                found.append(ModelUnavailable(f"{server.address} failed repeatedly; it is left alone for a while"))
                continue
            left_s = deadline_at - time.monotonic()
            if left_s <= 0:
                break
            try:
                return self._ask(server, body, deadline_at, connect_s=min(CONNECT_S, left_s / (len(servers) - n)))
            except (ModelTimedOut, ModelBusy, ModelUnavailable) as error:
                found.append(error)
                if isinstance(error, ModelTimedOut):
                    break
        raise _most_telling(found)

    def _in_order(self, key: str) -> list[_Server]:
        """Rendezvous hashing: each key has its own order of servers, and only few change theirs with a new one."""
        return sorted(
            self._servers,
            key=lambda server: hashlib.sha256(f"{server.address}\n{key}".encode()).digest(),
            reverse=True,
        )

    def _ask(self, server: _Server, body: bytes, deadline_at: float, *, connect_s: float) -> Any:
        headers = {"Content-Type": CONTENT_TYPE}
        if secret := self._secret():
            headers["Authorization"] = f"Bearer {secret}"
        try:
            answer = server.post(body, headers, deadline_at=deadline_at, connect_s=connect_s, max_bytes=self.max_bytes)
            outputs = _read(answer)
        except (OSError, http.client.HTTPException, ValueError) as error:
            server.breaker.failed()
            raise ModelUnavailable(
                f"{server.address} gave no usable answer: {error or type(error).__name__}"
            ) from error
        except Unauthorized as error:
            server.breaker.failed()
            raise ModelUnavailable(f"{server.address}: {error.detail}", code=error.code) from error
        except ModelError:
            server.breaker.worked()  # it lives, whatever it says about this model
            raise
        server.breaker.worked()
        return outputs


def _read(answer: Answer) -> Any:
    """The outputs. Raises the error that the server described, ValueError for anything else."""
    if answer.status == 200 and answer.content_type == CONTENT_TYPE:
        try:
            found = codec.decode(answer.body)
        except ModelError as error:
            raise ValueError(error.detail) from error
        if isinstance(found, dict) and "outputs" in found:
            return found["outputs"]
    elif answer.status >= 400:
        described = json.loads(answer.body)
        if isinstance(described, dict):
            raise error_from_json(described)
    raise ValueError(f"HTTP {answer.status} that is no answer of a models server")


def _deadline_s(deadline_at: float) -> float:
    return min(MAX_DEADLINE_S, max(0.001, ANSWER_SHARE * (deadline_at - time.monotonic())))


def _most_telling(found: Sequence[ModelError]) -> ModelError:
    """Of what the servers said: too late, else the shortest wait, else the last reason."""
    late = [error for error in found if isinstance(error, ModelTimedOut)]
    busy = [error for error in found if isinstance(error, ModelBusy)]
    if late:
        return late[0]
    if busy:
        return min(busy, key=lambda error: error.retry_after_s)
    return found[-1] if found else ModelUnavailable("no models server is configured, or the time was up")
