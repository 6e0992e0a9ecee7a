"""A model of the models server with the face of one that is open in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from mlops.ml.hosting.batches import join, n_examples, slices
from mlops.ml.hosting.client import ModelsClient

MAX_CALL_BYTES = 16 * 1024 * 1024
MAX_CALL_INPUTS = 1024


class RemoteScorer:
    """`answer(inputs)` like a local scorer; long batches are sent in several calls.

    key        of the model, "version:<id>"
    client     gives the client of the process that asks
    timeout_s  for each call
    """

    def __init__(self, key: str, *, client: Callable[[], ModelsClient], timeout_s: float) -> None:
        self.key, self.timeout_s, self._client = key, timeout_s, client

    def answer(self, inputs: Any) -> Any:
        """Outputs for a batch. Raises ModelBusy, ModelFailed, ModelUnavailable; BadRequest for what is no batch."""
        client = self._client()
        return join([client.answer(self.key, piece, self.timeout_s) for piece in _pieces(inputs)])


def _pieces(inputs: Any) -> Iterator[Any]:
    each = _n_bytes(inputs) // max(1, n_examples(inputs))
    return slices(inputs, max(1, min(MAX_CALL_INPUTS, MAX_CALL_BYTES // max(1, each))))


def _n_bytes(value: Any) -> int:
    """About as many bytes as it takes to send."""
    if isinstance(value, np.ndarray):
        return value.nbytes
    if isinstance(value, str | bytes | bytearray):
        return len(value)
    if isinstance(value, Mapping):
        return sum(_n_bytes(one) for one in value.values())
    if isinstance(value, list | tuple):
        return sum(_n_bytes(one) for one in value)
    return 8
