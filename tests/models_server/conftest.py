"""One models server for the tests that leave it as it was."""

from collections.abc import Iterator

import pytest

from tests.models_server import toys
from tests.models_server.server import ModelsServer


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModelsServer]:
    """A queue of four, a budget of 100 MB, bodies of at most 1 MB."""
    started = ModelsServer(tmp_path_factory.mktemp("models"), MODELS_QUEUE=4, MODELS_MEMORY_MB=100, MODELS_BODY_MB=1)
    try:
        yield started.start()
    finally:
        started.stop()


@pytest.fixture
def own_server(tmp_path) -> Iterator:
    """own_server(MODELS_TOKEN="…") → a server that is this test's alone."""
    made: list[ModelsServer] = []

    def start(**settings: object) -> ModelsServer:
        made.append(ModelsServer(tmp_path / str(len(made)), **settings))
        return made[-1].start()

    yield start
    for one in made:
        one.stop()


@pytest.fixture(scope="session", autouse=True)
def _toys() -> None:
    toys.register()
