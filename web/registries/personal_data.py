"""Every table declares whose data it holds, how it is exported and how it is erased.

A test walks all models and fails for one that neither registers nor is exempt with a reason.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from django.db.models import Model, QuerySet


class Erase(StrEnum):
    """What erasing a person does to a row of theirs."""

    DELETE = "delete"
    ANONYMISE = "anonymise"
    """The row stays without the person (audit tombstones, shared label sets): `anonymise` is called."""


Rows = Callable[[Any], QuerySet]
"""user → the rows that are about this user."""


@dataclass(frozen=True)
class PersonalTable:
    """rows(user) finds the rows; export_fields None exports all fields but those in `secret_fields`."""

    model: type[Model]
    rows: Rows
    erase: Erase = Erase.DELETE
    anonymise: Callable[[QuerySet], None] | None = None
    secret_fields: tuple[str, ...] = ()
    files: Callable[[Model], Iterator[tuple[str, Path]]] | None = None
    """row → (name in the export, path on disk): exported, and removed when the row is erased."""
    order: int = 50
    """Erased in rising order: children before parents where deletes do not cascade."""


@dataclass
class _Registry:
    tables: dict[type[Model], PersonalTable] = field(default_factory=dict)
    exempt: dict[type[Model], str] = field(default_factory=dict)
    erase_hooks: list[Callable[[Any], None]] = field(default_factory=list)


_registry = _Registry()


def register(table: PersonalTable) -> None:
    """Declare a table with personal rows."""
    _registry.tables[table.model] = table


def exempt(model: type[Model], reason: str) -> None:
    """Declare a table without personal rows (or one that goes with its parent), with the reason."""
    if not reason:
        raise ValueError("an exemption needs its reason")
    _registry.exempt[model] = reason


def before_erase(hook: Callable[[Any], None]) -> None:
    """Run `hook(user)` in the erasing job before rows go: for shards, hub pushes, live streams."""
    _registry.erase_hooks.append(hook)


def tables() -> list[PersonalTable]:
    """All declared tables, in the order of erasing."""
    return sorted(_registry.tables.values(), key=lambda table: (table.order, table.model._meta.label))


def exemptions() -> dict[type[Model], str]:
    return dict(_registry.exempt)


def erase_hooks() -> list[Callable[[Any], None]]:
    return list(_registry.erase_hooks)
