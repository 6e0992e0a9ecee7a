"""A model that answers at a web address (a Hugging Face Inference endpoint, or anything that answers like one).

POST ``{"inputs": window}`` with the window as the local ``model.onnx`` would get it; the answer is a list of
``{"label", "score"}``. Behind the same face as an ONNX session, with a time limit, a breaker that opens after five
failures in a row and tries again after 30 s, and a local model that answers meanwhile.
"""

from __future__ import annotations

import ipaddress
import json
import math
import os
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fnmatch import fnmatch
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from mlops.ml.contract import BadValue, FloatArray, MLError
from mlops.ml.outbound import transport

REMOTE_FILE = "remote.json"
MAX_ANSWER_BYTES = 64 * 1024
N_AT_ONCE = 8


class RemoteFailed(MLError):
    """The address did not give a usable answer."""

    code = "remote_failed"


@dataclass(frozen=True)
class Policy:
    """Where remote models may be: hosts (with * as a joker), whether private addresses are allowed, and how long."""

    hosts: tuple[str, ...] = ("*.endpoints.huggingface.cloud", "router.huggingface.co", "api-inference.huggingface.co")
    allow_private: bool = False
    timeout_s: float = 2.0


_policy = Policy()


def configure(policy: Policy) -> None:
    """Set the policy of this process."""
    global _policy
    _policy = policy


def check_address(url: str) -> str:
    """Return an address that may be asked. Raises BadValue with what is wrong with it."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError as error:
        raise BadValue("this is not a web address") from error
    host = parts.hostname or ""
    if parts.scheme != "https" and not (_policy.allow_private and parts.scheme == "http"):
        raise BadValue("a remote model needs an https address")
    if parts.username or parts.password or parts.fragment or len(url) > 400 or not host:
        raise BadValue("an address has no password and no fragment, and at most 400 characters")
    if not any(fnmatch(host.lower(), pattern.lower()) for pattern in _policy.hosts):
        raise BadValue(f"{host} is not on the list of hosts for remote models (REMOTE_MODEL_HOSTS)")
    if port not in (None, 443) and not _policy.allow_private:
        raise BadValue("a remote model answers on the usual https port")
    if not _policy.allow_private:
        _check_public(host)
    return url.strip()


def _check_public(host: str) -> None:
    try:
        found = socket.getaddrinfo(host, 443, proto=socket.IPPROTO_TCP)
    except OSError as error:
        raise BadValue(f"{host} cannot be found") from error
    for entry in found:
        address = ipaddress.ip_address(entry[4][0])
        if not address.is_global or address.is_multicast:
            raise BadValue(f"{host} leads to a private address")


class Breaker:
    """Opens after `n_failures` in a row, lets one call try again after `rest_s`; closes when that works."""

    def __init__(self, n_failures: int = 5, rest_s: float = 30.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._n_failures, self._rest_s, self._clock = n_failures, rest_s, clock
        self._lock = threading.Lock()
        self._n = 0
        self._opened_at: float | None = None

    @property
    def is_open(self) -> bool:
        return self._opened_at is not None

    def may_try(self) -> bool:
        """True when a call may go out now."""
        with self._lock:
            if self._opened_at is None:
                return True
            if self._clock() - self._opened_at < self._rest_s:
                return False
            self._opened_at = self._clock()  # this one tries; the others wait as long again
            return True

    def worked(self) -> None:
        with self._lock:
            self._n, self._opened_at = 0, None

    def failed(self) -> None:
        with self._lock:
            self._n += 1
            if self._n >= self._n_failures:
                self._opened_at = self._clock()


class RemoteSession:
    """Looks like an ONNX session: `run(["probabilities"], {"input": x})`; `fallback` is a real one.

    strict   True while a model is judged: a failure raises RemoteFailed instead of letting the fallback answer
    source   who answered last: "remote" or "fallback"
    """

    def __init__(self, facts: Mapping[str, Any], labels: Sequence[str], fallback: Any) -> None:
        self.url = str(facts["url"])
        self.fallback_title = str(facts.get("fallback", "the local champion"))
        self.labels = tuple(labels)
        self.fallback = fallback
        self.breaker = Breaker()
        self.strict = False
        self.source = "remote"
        self._pool = ThreadPoolExecutor(N_AT_ONCE, thread_name_prefix="remote-model")
        self._client: Any = None

    def get_inputs(self) -> list[Any]:
        return [SimpleNamespace(name="input")]

    def get_outputs(self) -> list[Any]:
        return [SimpleNamespace(name="probabilities", shape=["batch", len(self.labels)])]

    def run(self, _: Any, given: Mapping[str, FloatArray]) -> list[FloatArray]:
        """Ask for every window at once; when one fails or the breaker is open, the fallback answers all of them."""
        x = given["input"]
        try:
            if not self.breaker.may_try():
                raise RemoteFailed("the breaker is open")
            rows = list(self._pool.map(self._ask, x))
            self.breaker.worked()
            self.source = "remote"
            return [np.asarray(rows, np.float32)]
        except RemoteFailed:
            if self.strict:
                raise
            self.source = "fallback"
            answer: list[FloatArray] = self.fallback.run(["probabilities"], {"input": x})
            return answer

    def _ask(self, window: FloatArray) -> list[float]:
        import httpx2

        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if token := os.environ.get("HF_API_TOKEN", ""):
            headers["Authorization"] = f"Bearer {token}"
        try:
            check_address(self.url)
            body = json.dumps({"inputs": window.astype(float).tolist()})
            with self._http().stream("POST", self.url, content=body, headers=headers) as response:
                if response.status_code != 200:
                    raise RemoteFailed(f"it answered with HTTP {response.status_code}")
                raw = b""
                for piece in response.iter_bytes():
                    raw += piece
                    if len(raw) > MAX_ANSWER_BYTES:
                        raise RemoteFailed("its answer is too long")
            return read_answer(raw, self.labels)
        except (RemoteFailed, httpx2.HTTPError, OSError, BadValue) as error:
            self.breaker.failed()
            raise RemoteFailed(f"{self.url} gave no usable answer: {error}") from error

    def _http(self) -> Any:
        import httpx2

        if self._client is None:
            self._client = httpx2.Client(
                timeout=_policy.timeout_s, follow_redirects=False, transport=transport(_policy.timeout_s)
            )
        return self._client


def read_answer(raw: bytes, labels: Sequence[str]) -> list[float]:
    """Probabilities in the order of `labels` from [{"label", "score"}, …] (or that in one more list).

    Raises RemoteFailed for anything else; labels that are not named get 0, and the rest is scaled to sum to one.
    """
    try:
        found = json.loads(raw)
        if isinstance(found, list) and len(found) == 1 and isinstance(found[0], list):
            found = found[0]
        scores = {str(entry["label"]): float(entry["score"]) for entry in found}
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise RemoteFailed("its answer is not a list of labels and scores") from error
    unknown = set(scores) - set(labels)
    total = sum(scores.values())
    bad = any(not math.isfinite(score) or score < 0 for score in scores.values())
    if unknown or bad or not 0.5 <= total <= 1.5:
        raise RemoteFailed("its answer names other labels, or its scores are not probabilities")
    return [scores.get(label, 0.0) / total for label in labels]
