"""What the database keeps of deleted rows."""

from django.db import connection


def database_forget() -> bool:
    """Fold SQLite's write-ahead log into the database and empty it, so that erased text is in neither.

    Deleted cells are overwritten by `secure_delete`; the log may still hold earlier pages until then. Returns
    False when readers kept the log busy (the next erasure or house keeping empties it). Nothing to do elsewhere:
    PostgreSQL reuses the space with its own vacuum.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        return False
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        busy, *_ = cursor.fetchone()
    return not busy
