"""The full-text index over `Food.words`, by whatever the database has: FTS5 of SQLite, GIN of PostgreSQL.

Django's migrations do not know it: SQLite's triggers go whenever a migration makes the table anew, so it is checked
after each migration and made again where it is missing.
"""

from collections.abc import Sequence
from typing import Any

from django.db import connections

TABLE, INDEX = "nutrition_food", "nutrition_food_words"
Alternatives = Sequence[str]
"""Words of which one must be there; one that ends in "*" stands for every word that begins so."""

_FTS5 = (
    "CREATE VIRTUAL TABLE nutrition_food_words USING fts5"
    "(words, content='nutrition_food', content_rowid='id', tokenize='ascii', prefix='2 3', detail='none')",
    "CREATE TRIGGER nutrition_food_words_added AFTER INSERT ON nutrition_food BEGIN "
    "INSERT INTO nutrition_food_words(rowid, words) VALUES (new.id, new.words); END",
    "CREATE TRIGGER nutrition_food_words_removed AFTER DELETE ON nutrition_food BEGIN "
    "INSERT INTO nutrition_food_words(nutrition_food_words, rowid, words) VALUES ('delete', old.id, old.words); END",
    "CREATE TRIGGER nutrition_food_words_changed AFTER UPDATE OF words ON nutrition_food BEGIN "
    "INSERT INTO nutrition_food_words(nutrition_food_words, rowid, words) VALUES ('delete', old.id, old.words); "
    "INSERT INTO nutrition_food_words(rowid, words) VALUES (new.id, new.words); END",
    "INSERT INTO nutrition_food_words(nutrition_food_words) VALUES ('rebuild')",
)
_MADE_SQLITE = "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s"
_POSTGRES = (
    "CREATE INDEX IF NOT EXISTS nutrition_food_words ON nutrition_food USING gin (to_tsvector('simple', words))"
)
_FIND = {
    "postgresql": "SELECT food.id FROM nutrition_food food "
    "WHERE to_tsvector('simple', words) @@ to_tsquery('simple', %s) AND food.deleted_at IS NULL",
    "sqlite": "SELECT food.id FROM nutrition_food_words JOIN nutrition_food food "
    "ON food.id = nutrition_food_words.rowid "
    "WHERE nutrition_food_words MATCH %s AND food.deleted_at IS NULL",
}
_ORDER = " ORDER BY food.everyday DESC, length(food.name), food.id"


def index_prepare(using: str, **_: Any) -> None:
    """Make the index where it is missing or no longer looked after; called after each migrate."""
    connection = connections[using]
    if TABLE not in connection.introspection.table_names():
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_POSTGRES)
            return
        cursor.execute(_MADE_SQLITE, [TABLE])
        if cursor.fetchone()[0] == len([one for one in _FTS5 if "TRIGGER" in one]):
            return
        for name in ("added", "removed", "changed"):
            cursor.execute(f"DROP TRIGGER IF EXISTS {INDEX}_{name}")
        cursor.execute(f"DROP TABLE IF EXISTS {INDEX}")
        for statement in _FTS5:
            cursor.execute(statement)


def index_find(
    shelf: str, words: Sequence[Alternatives], limit: int, *, ordered: bool, using: str = "default"
) -> list[int]:
    """Keys of foods on a shelf that have one of the alternatives of every word.

    ordered  the everyday ones first; without it, the first ones that are found, which is quick however many there are
    """
    connection = connections[using]
    told = (_tsquery if connection.vendor == "postgresql" else _match)(shelf, words)
    statement = _FIND[connection.vendor] + (_ORDER if ordered else "") + " LIMIT %s"
    with connection.cursor() as cursor:
        cursor.execute(statement, [told, limit])
        return [row[0] for row in cursor.fetchall()]


def _match(shelf: str, words: Sequence[Alternatives]) -> str:
    parts = [f"({' OR '.join(alternatives)})" for alternatives in words]
    return " AND ".join([shelf, *parts])


def _tsquery(shelf: str, words: Sequence[Alternatives]) -> str:
    parts = [f"({' | '.join(one.replace('*', ':*') for one in alternatives)})" for alternatives in words]
    return " & ".join([shelf, *parts])
