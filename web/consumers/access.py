"""Access is checked again while a connection lasts: all connections of the process in a few queries."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from channels.db import database_sync_to_async
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.utils import timezone

from web.consumers import codes

logger = logging.getLogger(__name__)

EVERY_S = 2.0
"""Between two checks; with the time of a check this stays well under the promised 5 s."""

_executor = ThreadPoolExecutor(1, thread_name_prefix="socket-access")
_clocks: "WeakKeyDictionary[asyncio.AbstractEventLoop, AccessClock]" = WeakKeyDictionary()
_tokens_alive: Callable[[Iterable[UUID]], set[UUID]] | None = None


def use_token_check(check: Callable[[Iterable[UUID]], set[UUID]]) -> None:
    """Tell which tokens of the given keys still open something (set once, where the site is composed)."""
    global _tokens_alive
    _tokens_alive = check


class AccessClock:
    """Closes connections with 4403 when their login, token or right has gone."""

    def __init__(self) -> None:
        self._consumers: set[Any] = set()
        self._task: asyncio.Task[None] | None = None

    @classmethod
    def here(cls) -> "AccessClock":
        """The clock of the running event loop."""
        return _clocks.setdefault(asyncio.get_running_loop(), cls())

    def add(self, consumer: Any) -> None:
        self._consumers.add(consumer)
        if self._task is None or self._task.done():
            self._task = asyncio.ensure_future(self._run())

    def discard(self, consumer: Any) -> None:
        self._consumers.discard(consumer)

    async def _run(self) -> None:
        while self._consumers:
            await asyncio.sleep(EVERY_S)
            await self.check()

    async def check(self) -> None:
        """One round now."""
        waiting = list(self._consumers)
        try:
            allowed = await database_sync_to_async(_allowed, thread_sensitive=False, executor=_executor)(waiting)
        except Exception:  # the database is away for a moment: nothing is known, nobody is cut
            logger.warning("access of open sockets could not be checked", exc_info=True)
            return
        for consumer in waiting:
            if consumer not in allowed:
                consumer.end(codes.FORBIDDEN)


def _allowed(consumers: list[Any]) -> set[Any]:
    """Those whose identity is still good and whose class still lets them stay."""
    by_class: dict[Any, list[Any]] = {}
    for consumer in _with_identity(consumers):
        by_class.setdefault(type(consumer), []).append(consumer)
    stay: set[Any] = set()
    for kind, members in by_class.items():
        stay |= kind.still_allowed(members)
    return stay


def _with_identity(consumers: list[Any]) -> list[Any]:
    """The user is active, and the login session or token that opened the connection still exists.

    Three statements for all connections of the process, and of each person only the key and the password's hash.
    """
    people = get_user_model().objects.filter(pk__in={c.scope["user"].pk for c in consumers}, is_active=True)
    passwords = dict(people.values_list("pk", "password"))
    keys = {key for c in consumers if (key := _session_key(c))}
    alive = Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    sessions = set(alive.values_list("session_key", flat=True))
    wanted = {c.scope["token"] for c in consumers if c.scope.get("token")}
    tokens = _tokens_alive(wanted) if wanted and _tokens_alive is not None else set()
    good = []
    for consumer in consumers:
        user = consumer.scope["user"]
        if user.pk not in passwords:
            continue
        if token := consumer.scope.get("token"):
            if token in tokens:
                good.append(consumer)
            continue
        key = _session_key(consumer)
        # a changed password ends the other logins
        if key is None or (key in sessions and passwords[user.pk] == user.password):
            good.append(consumer)
    return good


def _session_key(consumer: Any) -> str | None:
    """The login's key; None where the application gave an identity without one (tests, other servers)."""
    return getattr(consumer.scope.get("session"), "session_key", None)
