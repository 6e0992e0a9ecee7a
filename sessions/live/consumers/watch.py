"""/ws/watch/<session>/: look at a live session: the athlete's coach under consent, or the athlete elsewhere."""

import asyncio
import logging
import time
from typing import Any

from channels.db import database_sync_to_async

from sessions.live.consumers.listening import ListeningConsumer
from sessions.live.selectors.streams import session_to_watch, sessions_still_visible
from sessions.live.services.hub import session_group, tell_hubs
from sessions.live.services.on_air import HEART_RATE

logger = logging.getLogger(__name__)

TELL_EVERY_S = 4.0
OVER_AFTER_S = 12.0


class WatchConsumer(ListeningConsumer):
    """Sends `hello`, `samples` (thinned out), `classification_result`, `corrected`, `over`. Takes nothing."""

    async def enter(self) -> bool:
        self.user = self.scope["user"]
        self._teller: asyncio.Task[None] | None = None
        self._hellos: dict[str, Any] = {}
        self._heard_at = time.monotonic()
        self._is_on = True
        if not self.user.is_authenticated:
            return False
        pk = self.scope["url_route"]["kwargs"]["session"]
        self.session = await database_sync_to_async(session_to_watch)(user=self.user, pk=pk)
        return self.session is not None

    @classmethod
    def still_allowed(cls, consumers: list[Any]) -> set[Any]:
        visible = sessions_still_visible((c.user, c.session.pk) for c in consumers)
        return {c for c in consumers if (c.user.pk, c.session.pk) in visible}

    async def ready(self) -> None:
        self.listen(session_group(self.session.pk))
        self._teller = asyncio.ensure_future(self._tell())

    async def left(self) -> None:
        if self._teller is not None:
            self._teller.cancel()
        await super().left()

    async def layer_message(self, message: dict[str, Any]) -> None:
        if message["type"] == "watch.over":
            self._over()
            return
        self._heard_at, self._is_on = time.monotonic(), True
        if message["hello"]["layout"] == HEART_RATE:
            self._heart(message)
            return
        stream = message["hello"]["stream"]
        if self._hellos.get(stream) != message["hello"]:
            self._hellos[stream] = message["hello"]
            self.post("hello", message["hello"])
            for event, data in message["latest"].items():
                self.post(event, data)
        if message["samples"]:
            t = [moment for times, _ in message["samples"] for moment in times]
            values = [row for _, rows in message["samples"] for row in rows]
            self.post("samples", {"t": t, "values": values, "begin": message["begin"]})
        for event, data in message["events"]:
            self.post(event, data)

    def _heart(self, message: dict[str, Any]) -> None:
        """The strap beside the sensor: its newest beat is enough to look at."""
        rows = [row for _, values in message["samples"] for row in values]
        if rows:
            self.post("heart_rate", {"bpm": rows[-1][0]})

    def _over(self) -> None:
        if self._is_on:
            self._is_on = False
            self._hellos.clear()
            self.post("over", {})

    async def _tell(self) -> None:
        """Say again and again that somebody looks; without an answer for long the session is not live."""
        while True:
            try:
                await tell_hubs(self.session.pk)
            except Exception:  # the layer is away for a moment: the page shows "not live" until it is back
                logger.debug("hubs could not be told", exc_info=True)
            await asyncio.sleep(TELL_EVERY_S)
            if time.monotonic() - self._heard_at > OVER_AFTER_S:
                self._over()
