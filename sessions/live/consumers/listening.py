"""A websocket that passes on what the channel layer says."""

import asyncio
import logging
from typing import Any

from channels.layers import get_channel_layer

from web.consumers.guarded import GuardedConsumer

logger = logging.getLogger(__name__)

AGAIN_AFTER_S = 2.0


class ListeningConsumer(GuardedConsumer):
    """Subclasses call `listen(group)` in `ready` and write `layer_message`. A lost layer is tried again."""

    _listener: asyncio.Task[None] | None = None

    def listen(self, group: str) -> None:
        """Pass every message of the group to `layer_message` from now on."""
        self._listener = asyncio.ensure_future(self._listen(group))

    async def layer_message(self, message: dict[str, Any]) -> None:
        """One message of the group."""

    async def left(self) -> None:
        if self._listener is not None:
            self._listener.cancel()
            await asyncio.gather(self._listener, return_exceptions=True)

    def layer_is(self, *, up: bool) -> None:
        """The channel layer went away, or is back (said once each time, not at the start)."""

    async def _listen(self, group: str) -> None:
        layer = get_channel_layer()
        was_away = False
        while layer is not None:
            try:
                channel = await layer.new_channel()
                await layer.group_add(group, channel)
                if was_away:
                    self.layer_is(up=True)
                was_away = False
                try:
                    while True:
                        await self.layer_message(await layer.receive(channel))
                finally:
                    await layer.group_discard(group, channel)
            except asyncio.CancelledError:
                raise
            except Exception as error:
                logger.debug("the channel layer is away, a page gets no updates: %s", error)
                if not was_away:
                    self.layer_is(up=False)
                was_away = True
                await asyncio.sleep(AGAIN_AFTER_S)
