"""Which files below MEDIA_ROOT the database names: a backup that lacks one of them is not whole."""

from collections.abc import Callable, Iterator
from typing import Any

from django.db import connections
from django.db.models import QuerySet

Names = Callable[[QuerySet], Iterator[str]]
"""rows → the relative paths of files that must be there."""

_named: dict[type[Any], Names] = {}
_passing: set[str] = set()


def register(model: type[Any], names: Names) -> None:
    """Declare a table whose rows name files."""
    _named[model] = names


def passing(folder: str) -> None:
    """Declare a folder of MEDIA_ROOT whose files are changed while they lie there and can be missed."""
    _passing.add(folder)


def passing_folders() -> frozenset[str]:
    return frozenset(_passing)


def named_files(alias: str = "default") -> set[str]:
    """Relative path of every file that the rows of a database name; one of an older version may lack a table, or
    columns, which are deferred then."""
    there = set(connections[alias].introspection.table_names())
    return {
        name
        for model, names in _named.items()
        if model._meta.db_table in there
        for name in names(model._base_manager.using(alias).defer(*_missing(model, alias)))
    }


def _missing(model: type[Any], alias: str) -> list[str]:
    """Fields without a column in a database."""
    connection = connections[alias]
    with connection.cursor() as cursor:
        columns = {one.name for one in connection.introspection.get_table_description(cursor, model._meta.db_table)}
    return [field.attname for field in model._meta.concrete_fields if field.column not in columns]
