"""What the models server answers over HTTP: no pages, no sessions, no database.

POST /v1/answer   body as in codec: {"key", "inputs"}; header X-Deadline-S: seconds until the answer is useless
GET /v1/models    what is loaded, how much it takes, who waits
GET /metrics      Prometheus text
GET /healthz      open to everybody: {"status": "ok" or "degraded"}
"""

from __future__ import annotations

import hmac
import json
import logging
import math
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import Any

from mlops.ml.hosting import codec
from mlops.ml.hosting.codec import CONTENT_TYPE, DEADLINE_HEADER, MAX_DEADLINE_S
from mlops.ml.hosting.errors import BadRequest, ModelBusy, ModelError, ModelTimedOut, Unauthorized
from mlops.ml.hosting.host import Host
from mlops.ml.hosting.http_server import Gone, Reply, Request
from mlops.ml.hosting.metrics import metrics_text
from mlops.ml.prometheus import CONTENT_TYPE as METRICS_TYPE

log = logging.getLogger(__name__)

DEADLINE_S = 10.0
"""For those who say none."""
LOOK_EVERY_S = 0.1
"""How often a thread that waits for an answer looks whether its caller still does."""
METHODS = {"/v1/answer": "POST", "/v1/models": "GET", "/metrics": "GET"}


class ModelsApp:
    """Call it with a request, get the reply; many threads at once. `secret` is asked of everybody but for /healthz
    when it is not empty.

    max_bytes_at_once  bodies of all requests that are being answered together; more are refused as busy
    """

    def __init__(self, host: Host, *, secret: str, max_bytes_at_once: int) -> None:
        self._host, self._secret, self._max_bytes = host, secret.encode(), max_bytes_at_once
        self._n_bytes = 0
        self._lock = threading.Lock()

    def __call__(self, asked: Request) -> Reply:
        """Raises Gone when nobody waits for it."""
        try:
            return self._route(asked)
        except ModelError as error:
            return _error(error)

    def _route(self, asked: Request) -> Reply:
        if asked.headers.get("upgrade", "").lower() == "websocket":
            return _error(BadRequest("there are no websockets here"), 403)
        if asked.path == "/healthz":
            stuck = any(model["state"] == "stuck" for model in self._host.facts()["models"])
            return _json(200, {"status": "degraded" if stuck else "ok"})
        self._check(asked.headers)
        wanted = METHODS.get(asked.path)
        if wanted is None:
            return _error(BadRequest("there is nothing here", code="not_found"), 404)
        if asked.method != wanted:
            return _error(BadRequest(f"ask with {wanted}", code="method_not_allowed"), 405)
        if asked.path == "/v1/models":
            return _json(200, self._host.facts())
        if asked.path == "/metrics":
            with self._host.lock:
                text = metrics_text(self._host.facts(), self._host.stats)
            return Reply(200, METRICS_TYPE, text.encode())
        return self._answer(asked)

    def _check(self, headers: Mapping[str, str]) -> None:
        """No browser ever asks here; programs bring the secret."""
        if "origin" in headers:
            raise Unauthorized("browsers are not served")
        given = headers.get("authorization", "").removeprefix("Bearer ").encode("latin-1")
        if self._secret and not hmac.compare_digest(given, self._secret):
            raise Unauthorized("the shared secret (MODELS_TOKEN) is missing or wrong")

    def _answer(self, asked: Request) -> Reply:
        deadline_at = self._host.clock() + _deadline_s(asked.headers)
        if asked.headers.get("content-type", "") != CONTENT_TYPE:
            raise BadRequest(f"send {CONTENT_TYPE}", code="bad_content_type")
        with self._room(asked.n_bytes):
            question = codec.decode(asked.read_body())
            if not isinstance(question, dict) or set(question) != {"key", "inputs"}:
                raise BadRequest("a question has a key and inputs")
            future = self._host.submit(question["key"], question["inputs"], deadline_at=deadline_at, may_work=True)
            outputs = self._outputs(future, question["key"], deadline_at, asked)
            return Reply(200, CONTENT_TYPE, codec.encode({"outputs": outputs}))

    @contextmanager
    def _room(self, n_bytes: int) -> Iterator[None]:
        """Memory for a body, before it is read. Raises ModelBusy."""
        with self._lock:
            if self._n_bytes + n_bytes > self._max_bytes:
                raise ModelBusy("too much is being answered already", code="too_many_bytes")
            self._n_bytes += n_bytes
        try:
            yield
        finally:
            with self._lock:
                self._n_bytes -= n_bytes

    def _outputs(self, future: Future[Any], key: str, deadline_at: float, asked: Request) -> Any:
        """Wait for the outputs, the deadline, or for the caller to hang up."""
        try:
            while (left_s := deadline_at - self._host.clock()) > 0:
                with suppress(TimeoutError):
                    return future.result(min(left_s, LOOK_EVERY_S))
                if asked.hung_up():
                    self._host.timed_out(key)
                    raise Gone
            self._host.timed_out(key)
            raise ModelTimedOut("the deadline passed")
        finally:
            future.cancel()


def _deadline_s(headers: Mapping[str, str]) -> float:
    try:
        found = float(headers.get(DEADLINE_HEADER, DEADLINE_S))
    except ValueError:
        found = math.nan
    if not 0 < found <= MAX_DEADLINE_S:
        raise BadRequest(f"a deadline must be between 0 and {MAX_DEADLINE_S:.0f} seconds", code="bad_deadline")
    return found


def _json(status: int, value: Any, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    return Reply(status, "application/json", json.dumps(value).encode(), headers)


def _error(error: ModelError, status: int | None = None) -> Reply:
    headers: tuple[tuple[str, str], ...] = ()
    if isinstance(error, ModelBusy):
        headers = (("Retry-After", str(math.ceil(error.retry_after_s))),)
    return _json(status or error.status, error.to_json(), headers)
