"""Asking serve_models: the client of this process, made from the settings."""

import os
import urllib.request
from collections.abc import Iterator

from django.conf import settings

from mlops.ml.hosting.client import ModelsClient
from mlops.ml.hosting.memory import MIB
from mlops.ml.hosting.scorer import RemoteScorer
from mlops.ml.prometheus import Family
from mlops.serving.services.secret import secret_read

VERSION = "version"
"""Scheme of registered model versions, by id."""

_no_proxy = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_client: tuple[int, ModelsClient] | None = None


def models_client() -> ModelsClient:
    """This process's client; a forked child makes its own."""
    global _client
    if _client is None or _client[0] != os.getpid():
        client = ModelsClient(settings.MODELS_ADDRESSES, secret=secret_read, max_bytes=settings.MODELS_BODY_MB * MIB)
        _client = (os.getpid(), client)
    return _client[1]


def remote_scorer(key: str) -> RemoteScorer:
    """A model of serve_models with the face of one that is open here."""
    return RemoteScorer(key, client=models_client, timeout_s=settings.MODELS_TIMEOUT_S)


def model_figures() -> Iterator[Family]:
    """Whether each models server answers; what it does is told by its own /metrics."""
    up = Family("fitbalance_models_server_up", "gauge", "1: a models server is well, 0.5: a model hangs, 0: away.")
    for address in settings.MODELS_ADDRESSES:
        up.add(_server_state(address), address=address)
    yield up


def _server_state(address: str) -> float:
    try:
        with _no_proxy.open(f"{address}/healthz", timeout=1) as answer:
            return 1.0 if b'"ok"' in answer.read(1000) else 0.5
    except (OSError, ValueError):
        return 0.0
