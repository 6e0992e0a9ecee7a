"""The cache in the database, which goes on counting where the database cannot be written to.

Django's says "not added" for a key that is taken and for a write that failed alike, so on a full disk every limit of
attempts looks used up: right passwords were "too many attempts". Here a write that failed is kept in this process
instead, until it ends or the database takes it: limits hold (by process), and nobody is refused for want of room.
"""

import logging
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.db import DatabaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.db import DatabaseError, transaction

logger = logging.getLogger(__name__)


class SteadyCache(DatabaseCache):
    """`add`, `set`, `get`, `get_many` and `delete` never fail for want of room."""

    def __init__(self, table: str, params: dict[str, Any]) -> None:
        super().__init__(table, params)
        self._here = LocMemCache(f"steady:{table}", params)

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        if self._here.has_key(key, version):
            return False
        if super().add(key, value, timeout, version):
            return True
        if self.has_key(key, version):
            return False
        logger.warning("The cache cannot be written to; counting in this process")
        return self._here.add(key, value, timeout, version)

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        written = self._base_set("set", self.make_and_validate_key(key, version=version), value, timeout)
        if written:
            self._here.delete(key, version)
        else:
            self._here.set(key, value, timeout, version)

    def get_many(self, keys: Any, version: int | None = None) -> dict[str, Any]:
        keys = list(keys)
        return {**super().get_many(keys, version), **self._here.get_many(keys, version)}

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        return self.get_many([key], version).get(key, default)

    def delete(self, key: str, version: int | None = None) -> bool:
        return self._here.delete(key, version) | bool(super().delete(key, version))

    def clear(self) -> None:
        self._here.clear()
        super().clear()

    def _base_set(self, mode: str, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT) -> bool:
        try:
            return bool(super()._base_set(mode, key, value, timeout))
        except DatabaseError:
            return False

    def _base_delete_many(self, keys: Any) -> bool:
        """Also what removes expired rows on the way of a read."""
        try:
            with transaction.atomic():
                return bool(super()._base_delete_many(keys))
        except DatabaseError:
            return False
