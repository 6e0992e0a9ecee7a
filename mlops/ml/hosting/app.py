"""The models server's HTTP face: a small ASGI application, no pages, no sessions, no database.

POST /v1/answer   body as in codec: {"key", "inputs"}; header X-Deadline-S: seconds until the answer is useless
GET /v1/models    what is loaded, how much it takes, who waits
GET /metrics      Prometheus text
GET /healthz      open to everybody: {"status": "ok" or "degraded"}
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import math
from collections.abc import Awaitable, Callable
from typing import Any

from mlops.ml.hosting import codec
from mlops.ml.hosting.codec import CONTENT_TYPE, DEADLINE_HEADER, MAX_DEADLINE_S
from mlops.ml.hosting.errors import BadRequest, ModelBusy, ModelError, ModelTimedOut, Unauthorized
from mlops.ml.hosting.host import Host
from mlops.ml.hosting.metrics import metrics_text
from mlops.ml.prometheus import CONTENT_TYPE as METRICS_TYPE

log = logging.getLogger(__name__)

DEADLINE_S = 10.0
"""For those who say none."""

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class ModelsApp:
    """ASGI 3. `secret` is asked of everybody but for /healthz when it is not empty.

    max_bytes_at_once  bodies of all requests that are being answered together; more are refused as busy
    """

    def __init__(self, host: Host, *, secret: str, max_bytes_at_once: int) -> None:
        self._host, self._secret, self._max_bytes = host, secret.encode(), max_bytes_at_once
        self._n_bytes = 0

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await send({"type": "websocket.close"})
            return
        try:
            await self._route(scope, receive, send)
        except ModelError as error:
            await _send_error(send, error)

    async def _route(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        method, path = scope["method"], scope["path"]
        headers = {name.decode("latin-1"): value for name, value in scope["headers"]}
        if path == "/healthz":
            stuck = any(model["state"] == "stuck" for model in self._host.facts()["models"])
            return await _send_json(send, 200, {"status": "degraded" if stuck else "ok"})
        self._check(headers)
        wanted = {"/v1/answer": "POST", "/v1/models": "GET", "/metrics": "GET"}.get(path)
        if wanted is None:
            return await _send_error(send, BadRequest("there is nothing here", code="not_found"), 404)
        if method != wanted:
            return await _send_error(send, BadRequest(f"ask with {wanted}", code="method_not_allowed"), 405)
        if path == "/v1/models":
            return await _send_json(send, 200, self._host.facts())
        if path == "/metrics":
            with self._host.lock:
                text = metrics_text(self._host.facts(), self._host.stats)
            return await _send(send, 200, METRICS_TYPE, text.encode())
        return await self._answer(headers, receive, send)

    def _check(self, headers: dict[str, bytes]) -> None:
        """No browser ever asks here; programs bring the secret."""
        if "origin" in headers:
            raise Unauthorized("browsers are not served")
        given = headers.get("authorization", b"").removeprefix(b"Bearer ")
        if self._secret and not hmac.compare_digest(given, self._secret):
            raise Unauthorized("the shared secret (MODELS_TOKEN) is missing or wrong")

    async def _answer(self, headers: dict[str, bytes], receive: Receive, send: Send) -> None:
        deadline_at = self._host.clock() + _deadline_s(headers)
        if headers.get("content-type", b"").decode("latin-1") != CONTENT_TYPE:
            raise BadRequest(f"send {CONTENT_TYPE}", code="bad_content_type")
        body = await _read(receive)
        if body is None:
            return
        if self._n_bytes + len(body) > self._max_bytes:
            raise ModelBusy("too much is being answered already", code="too_many_bytes")
        n_bytes = len(body)
        self._n_bytes += n_bytes
        try:
            asked = codec.decode(body)
            if not isinstance(asked, dict) or set(asked) != {"key", "inputs"}:
                raise BadRequest("a question has a key and inputs")
            outputs = await self._ask(asked["key"], asked["inputs"], deadline_at, receive)
            answer = codec.encode({"outputs": outputs})
        finally:
            self._n_bytes -= n_bytes
        await _send(send, 200, CONTENT_TYPE, answer)

    async def _ask(self, key: Any, inputs: Any, deadline_at: float, receive: Receive) -> Any:
        """Wait for the outputs, the deadline, or for the caller to hang up."""
        future = asyncio.wrap_future(self._host.submit(key, inputs, deadline_at=deadline_at))
        gone = asyncio.ensure_future(receive())
        left_s = max(0.0, deadline_at - self._host.clock())
        try:
            await asyncio.wait({future, gone}, timeout=left_s, return_when=asyncio.FIRST_COMPLETED)
            if future.done():
                return future.result()
            self._host.timed_out(key)
            raise ModelTimedOut("the deadline passed" if not gone.done() else "the caller has gone")
        finally:
            future.cancel()
            gone.cancel()


def _deadline_s(headers: dict[str, bytes]) -> float:
    try:
        found = float(headers.get(DEADLINE_HEADER, str(DEADLINE_S).encode()))
    except ValueError:
        found = math.nan
    if not 0 < found <= MAX_DEADLINE_S:
        raise BadRequest(f"a deadline must be between 0 and {MAX_DEADLINE_S:.0f} seconds", code="bad_deadline")
    return found


async def _read(receive: Receive) -> bytearray | None:
    """The whole body, which the server has capped; None when the caller hung up."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


async def _send(
    send: Send, status: int, content_type: str, body: bytes, headers: tuple[tuple[bytes, bytes], ...] = ()
) -> None:
    fixed = ((b"content-type", content_type.encode()), (b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": [*fixed, *headers]})
    await send({"type": "http.response.body", "body": body})


async def _send_json(send: Send, status: int, value: Any, headers: tuple[tuple[bytes, bytes], ...] = ()) -> None:
    await _send(send, status, "application/json", json.dumps(value).encode(), headers)


async def _send_error(send: Send, error: ModelError, status: int | None = None) -> None:
    headers: tuple[tuple[bytes, bytes], ...] = ()
    if isinstance(error, ModelBusy):
        headers = ((b"retry-after", str(math.ceil(error.retry_after_s)).encode()),)
    await _send_json(send, status or error.status, error.to_json(), headers)
