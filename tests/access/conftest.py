"""The world of the permission matrix."""

import importlib
import pkgutil
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client, override_settings

import tests.access as package
from tests.access.rows import IDENTITIES
from tests.access.world import World, build_world


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The matrix keeps one transaction open: it runs before tests that empty the tables."""
    items.sort(key=lambda item: "stage" not in getattr(item, "fixturenames", ()))


def row_modules() -> list:
    """tests/access/rows_<name>.py of every app."""
    names = sorted(info.name for info in pkgutil.iter_modules(package.__path__) if info.name.startswith("rows_"))
    return [importlib.import_module(f"tests.access.{name}") for name in names]


def extended_world() -> World:
    """The world with the rows of every app."""
    made = build_world()
    for module in row_modules():
        if hasattr(module, "extend"):
            module.extend(made)
    return made


def clients_of(world: World) -> dict[str, Client]:
    """A signed-in page client per identity."""
    clients = {identity: Client() for identity in IDENTITIES}
    for identity, client in clients.items():
        if world.user(identity) is not None:
            client.force_login(world.user(identity))
    return clients


@pytest.fixture
def world(db: None) -> World:
    """Fresh rows for one test."""
    return extended_world()


class Stage:
    """One world for many rows: what a request changes in the database or on disk is undone after it."""

    def __init__(self, folder: Path) -> None:
        self.world = extended_world()
        self.clients = clients_of(self.world)
        self._kept = folder / "kept"
        shutil.copytree(settings.MEDIA_ROOT, self._kept)

    def ask(self, identity: str, method: str, *args: Any, **kwargs: Any) -> Any:
        """Send a request as `identity`; returns the answer, its effects undone."""
        client = self.clients[identity]
        cookies = {name: morsel.value for name, morsel in client.cookies.items()}
        with transaction.atomic():
            response = getattr(client, method.lower())(*args, **kwargs)
            if not response.streaming:
                response.content  # noqa: B018 (rendered before the rows are gone)
            transaction.set_rollback(True)
        client.cookies.clear()
        client.cookies.load(cookies)
        if method not in ("GET", "HEAD"):
            shutil.rmtree(settings.MEDIA_ROOT, ignore_errors=True)
            shutil.copytree(self._kept, settings.MEDIA_ROOT)
        return response


@pytest.fixture(scope="module")
def stage(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The stage of the permission matrix, made once."""
    folder = tmp_path_factory.mktemp("stage")
    (folder / "files").mkdir()
    with django_db_blocker.unblock(), override_settings(MEDIA_ROOT=folder / "files"), transaction.atomic():
        yield Stage(folder)
        transaction.set_rollback(True)
