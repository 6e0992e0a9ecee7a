"""Load the old site into a fresh PostgreSQL database: DATABASE_URL=… python -m tests.migrations.postgres FILE.sqlite3

The tables are made by the migrations that version 0.1.0 had applied; the rows go through the models of that time.
"""

from __future__ import annotations

import os
import sys
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fitbalance.settings")


def main(file: str) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connections
    from django.db.migrations.executor import MigrationExecutor
    from django.db.migrations.recorder import MigrationRecorder

    database_make()
    old = {**connections["default"].settings_dict, "ENGINE": "django.db.backends.sqlite3", "NAME": file, "OPTIONS": {}}
    connections.databases["old"] = old
    applied = set(MigrationRecorder(connections["old"]).applied_migrations())
    executor = MigrationExecutor(connections["default"])
    reached = furthest(executor.loader, applied)
    executor.migrate(reached)
    models = executor.loader.project_state(reached).apps.get_models(include_auto_created=True)
    copy([model for model in models if model._meta.managed and not model._meta.proxy])
    call_command("createcachetable", verbosity=0)


def furthest(loader: Any, applied: set[tuple[str, str]]) -> list[tuple[str, str]]:
    """The last migration of each app that was applied. One that replaces several counts when all of them were."""
    disk = loader.disk_migrations.items()
    there = {key for key, one in disk if key in applied or (one.replaces and applied.issuperset(one.replaces))}
    followed = {parent for key in there for parent in loader.disk_migrations[key].dependencies if parent[0] == key[0]}
    return sorted(there - followed)


def database_make() -> None:
    """An empty database of that name; one from an earlier run goes."""
    from django.db import connection

    name = connection.ops.quote_name(connection.settings_dict["NAME"])
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name}")
        cursor.execute(f"CREATE DATABASE {name}")


def copy(models: list[Any]) -> None:
    """All rows of all models, keys and times as they are. Foreign keys are checked at the end."""
    from django.core.management.color import no_style
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        tables = ", ".join(connection.ops.quote_name(model._meta.db_table) for model in models)
        cursor.execute(f"TRUNCATE {tables}")  # what migrations themselves wrote lies in the old rows, too
        for model in models:
            for field in model._meta.local_fields:
                if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
                    field.auto_now = field.auto_now_add = False
            model._base_manager.using("default").bulk_create(model._base_manager.using("old").all(), batch_size=200)
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)


if __name__ == "__main__":
    main(sys.argv[1])
