"""Pretrained parts in tests: a local registry, a catalogue that the test fills, a store in its own folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mlops.ml.parts import catalogue as catalogue_module
from mlops.ml.parts import store
from mlops.ml.parts.catalogue import Part
from mlops.ml.parts.sources import Sources
from mlops.ml.parts.store import PartStore
from tests.registry_server import RegistryServer


@pytest.fixture
def registry() -> Iterator[RegistryServer]:
    with RegistryServer() as server:
        yield server


@pytest.fixture
def sources(registry: RegistryServer) -> Sources:
    return Sources(pypi=registry.pypi, npm=registry.npm, order=("folder", "package"))


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Part]]:
    """The catalogue of the test: put parts into it."""
    known: dict[str, Part] = {}
    monkeypatch.setattr(catalogue_module, "read_catalogue", lambda path: known)
    catalogue_module.catalogue.cache_clear()
    yield known
    catalogue_module.catalogue.cache_clear()


@pytest.fixture
def here(tmp_path: Path, parts: dict[str, Part], monkeypatch: pytest.MonkeyPatch) -> PartStore:
    made = PartStore(tmp_path / "parts")
    monkeypatch.setattr(store, "_store", made)
    return made
