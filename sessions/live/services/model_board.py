"""Which model answers a live stream now: the champion of its Task, looked up in the background."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from weakref import WeakKeyDictionary

from channels.db import database_sync_to_async

from sessions.live.services.model import LiveModel, live_arms_find

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 2.0

_executor = ThreadPoolExecutor(1, thread_name_prefix="live-models")
_boards: "WeakKeyDictionary[asyncio.AbstractEventLoop, ModelBoard]" = WeakKeyDictionary()


class ModelBoard:
    """The champions in use by the streams of one event loop, looked up every two seconds, never per message."""

    def __init__(self) -> None:
        self._models: dict[str, LiveModel | None] = {}
        self._challengers: dict[str, tuple[LiveModel, float]] = {}
        self._users: dict[str, int] = {}
        self._task: asyncio.Task[None] | None = None

    @classmethod
    def here(cls) -> "ModelBoard":
        """The board of the running event loop."""
        return _boards.setdefault(asyncio.get_running_loop(), cls())

    async def use(self, task: str, bucket: float = 1.0) -> LiveModel | None:
        """Begin to follow a Task's champion; pair with `leave`. `bucket`: see `now`."""
        self._users[task] = self._users.get(task, 0) + 1
        if task not in self._models:
            await self._look(task)
        if self._task is None or self._task.done():
            self._task = asyncio.ensure_future(self._follow())
        return self.now(task, bucket)

    def leave(self, task: str) -> None:
        """One stream less wants this Task's champion."""
        self._users[task] = self._users.get(task, 1) - 1
        if self._users[task] <= 0:
            del self._users[task]
            self._models.pop(task, None)
            self._challengers.pop(task, None)

    def now(self, task: str, bucket: float = 1.0) -> LiveModel | None:
        """Who answers an athlete of this bucket (`ab_bucket`), as last seen; costs nothing."""
        other = self._challengers.get(task)
        return other[0] if other is not None and bucket < other[1] else self._models.get(task)

    async def look(self) -> None:
        """Look up every followed Task now."""
        for task in list(self._users):
            await self._look(task)

    async def _follow(self) -> None:
        while self._users:
            await asyncio.sleep(LOOK_EVERY_S)
            await self.look()

    async def _look(self, task: str) -> None:
        if not task:
            self._models[task] = None
            return
        try:
            look = database_sync_to_async(live_arms_find, thread_sensitive=False, executor=_executor)
            found, other = await look(task)
        except Exception:
            logger.exception("the champion of %s cannot be loaded; streams keep the one they have", task)
            return
        known = self._models.get(task)
        if found is None or known is None or found.version_id != known.version_id:
            self._models[task] = found
        second = self._challengers.pop(task, None)
        if other is not None:
            is_same = second is not None and second[0].version_id == other[0].version_id
            self._challengers[task] = (second[0], other[1]) if second is not None and is_same else other
