"""The world of the permission matrix."""

import importlib
import pkgutil

import pytest

import tests.access as package
from tests.access.world import World, build_world


def row_modules() -> list:
    """tests/access/rows_<name>.py of every app."""
    names = sorted(info.name for info in pkgutil.iter_modules(package.__path__) if info.name.startswith("rows_"))
    return [importlib.import_module(f"tests.access.{name}") for name in names]


@pytest.fixture
def world(db: None) -> World:
    """Fresh rows for each test, extended by every app."""
    made = build_world()
    for module in row_modules():
        if hasattr(module, "extend"):
            module.extend(made)
    return made
