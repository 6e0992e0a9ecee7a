"""Which models the server can load: "<scheme>:<name>", each scheme with its loader."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from mlops.ml.hosting.errors import BadRequest, ModelUnavailable
from mlops.ml.hosting.where import Where

_KEY = re.compile(r"[a-z][a-z0-9_-]{0,30}:[A-Za-z0-9][A-Za-z0-9._/@-]{0,200}")


class LoadedModel(Protocol):
    """What a loader returns. `warm()` and `close()` are called where they exist.

    n_bytes    what it takes in memory, an estimate
    max_batch  how many inputs it answers at once
    joins      where it exists: joins(inputs) says whether they may be answered together with those of others
    any_thread where it exists and is true: any thread may call `answer`, one at a time
    """

    n_bytes: int
    max_batch: int

    def answer(self, inputs: Any) -> Any:
        """Outputs of a batch, one an input: an array for an array, a list for a list, or a dictionary of those.

        Called by one thread at a time, without `any_thread` always by the same. What it raises fails this batch, never
        the process; an MLError keeps its code.
        """


Load = Callable[[str, Where], LoadedModel]
"""load(name, where): the part of the key after the colon. May take minutes; raises whatever says why it cannot."""
Estimate = Callable[[str], int]
"""Bytes that a model will take, before it is loaded: room is made first."""


@dataclass(frozen=True)
class Loader:
    """How the models of a scheme are loaded."""

    load: Load
    estimate: Estimate | None = None


_loaders: dict[str, Loader] = {}


def register_loader(scheme: str, load: Load, *, estimate: Estimate | None = None) -> None:
    """Offer the models of a scheme; registering it again replaces it. `load` imports torch only when it is called."""
    _loaders[scheme] = Loader(load, estimate)


def loader_of(key: str) -> tuple[Loader, str]:
    """(loader, name) of a key. Raises BadRequest for what is no key, ModelUnavailable for an unknown scheme."""
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise BadRequest('a model is named "<scheme>:<name>"', code="bad_key")
    scheme, name = key.split(":", 1)
    if scheme not in _loaders:
        raise ModelUnavailable(f"this server loads no models of the kind {scheme}", code="unknown_model")
    return _loaders[scheme], name
