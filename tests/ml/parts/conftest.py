from collections.abc import Iterator
from pathlib import Path

import pytest

from mlops.ml.parts import catalogue, component, store
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
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict:
    """The catalogue of the test: put parts into it."""
    known: dict = {}
    for module in (catalogue, component):
        monkeypatch.setattr(module, "catalogue", lambda: known)
    monkeypatch.setattr(store, "part_of", lambda name: known[name])
    return known


@pytest.fixture
def here(tmp_path: Path, parts: dict, monkeypatch: pytest.MonkeyPatch) -> PartStore:
    made = PartStore(tmp_path / "parts")
    monkeypatch.setattr(store, "_store", made)
    return made
